# The two commands a newcomer needs are `make run` and `make test`; both set up all they need.
.DEFAULT_GOAL := help
.PHONY: help setup run up test quick coverage check proof bench bench-reading bench-money bench-statements \
  bench-accounts bench-coupons calibrate fuzz train stop clean
SHELL := /bin/sh
BIN := .venv/bin
# Each reader process keeps to one core.
export OMP_THREAD_LIMIT := 1
export OMP_NUM_THREADS := 1

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## Sets up Python and system packages; quick when all is there
	@sh tools/python_packages.sh
	@sh tools/system_packages.sh

run: setup ## The main job on sample mail of both sites, through Airflow: checks become postings
	@$(BIN)/python -m lockbox run $(if $(ENVELOPES),--envelopes $(ENVELOPES))

up: setup ## Airflow with its web UI, until Ctrl-C
	@$(BIN)/python -m lockbox up

# Two at once: a third only takes time from the servers that the tests wait for. JOBS=0 runs them in this process.
JOBS ?= 2
pytest = $(BIN)/python -m pytest -q -n $(JOBS) --dist loadgroup

test: setup ## All tests; TESTS=path for some, JOBS=0 for one after the other
	@sh tools/browser.sh
	@$(pytest) $(TESTS)

quick: setup ## Tests without database and Airflow, under a minute
	@$(pytest) -m "not database and not airflow and not slow and not thorough" $(TESTS)

COVER ?= lockbox ocr reconciliation
coverage: setup ## All tests, and which lines none of them runs: var/coverage/index.html
	@sh tools/browser.sh
	@$(pytest) $(addprefix --cov=,$(COVER)) --cov-report=html:var/coverage --cov-report=term:skip-covered $(TESTS)

check: setup ## Style, types, layers, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfluff lint --processes 2 -q sql

# How many: KILLS (of the line, and of clerks), DAY_KILLS, MUTATIONS, HISTORIES, BOOKS, STEPS, LETTERS, BACKS, SCALES,
# IMAGES, ENVELOPES, LINES, COUPONS; REHEARSAL says where the nets of the rehearsed training go.
proof: KILLS ?= 200
proof: DAY_KILLS ?= 10
proof: MUTATIONS ?= 10000
proof: HISTORIES ?= 100000
proof: BOOKS ?= 100000
proof: STEPS ?= 1000000
proof: LETTERS ?= 150
proof: BACKS ?= 150
proof: SCALES ?= 25
proof: ENVELOPES ?= 10000
proof: LINES ?= 10000
proof: COUPONS ?= 2000
proof: REHEARSAL ?= var/rehearsal
proof: setup ## What takes too long for every change, some hours: full counts of kills, steps, mail, broken images; training
	@sh tools/browser.sh
	LOCKBOX_TEST_KILLS=$(KILLS) LOCKBOX_TEST_CLERK_KILLS=$(KILLS) LOCKBOX_TEST_MUTATIONS=$(MUTATIONS) \
	LOCKBOX_TEST_HISTORIES=$(HISTORIES) LOCKBOX_TEST_BOOKS=$(BOOKS) LOCKBOX_TEST_STEPS=$(STEPS) \
	LOCKBOX_TEST_LETTERS=$(LETTERS) LOCKBOX_TEST_BACKS=$(BACKS) $(BIN)/python -m pytest -q -n 2 --timeout 36000 \
	  tests/lockbox/test_kills.py tests/lockbox/test_mutations.py tests/lockbox/contract/test_history_model.py \
	  tests/lockbox/servicing/test_books_model.py \
	  tests/reconciliation/exceptions/test_killed_clerks.py \
	  tests/ocr/fields/test_letter.py tests/ocr/fields/test_back_side.py tests/lockbox/proving/test_scale_bench.py
	LOCKBOX_TEST_KILLS=$(DAY_KILLS) LOCKBOX_TEST_ENVELOPES=200 \
	  $(BIN)/python -m pytest -q tests/dags/test_airflow.py -k process_after_process
	$(MAKE) fuzz IMAGES=$(IMAGES)
	$(MAKE) train REHEARSAL=$(REHEARSAL)
	$(MAKE) bench-reading ENVELOPES=$(ENVELOPES)
	$(MAKE) bench-accounts LINES=$(LINES)
	$(MAKE) bench-coupons COUPONS=$(COUPONS)

bench: setup ## Times of the stages on this machine
	@$(BIN)/python -m lockbox bench $(if $(ENVELOPES),--envelopes $(ENVELOPES))

bench-reading: setup ## How often, how surely and how fast mail is read (ENVELOPES=10000 for proof)
	@nice -n 5 $(BIN)/python -m lockbox bench-reading $(if $(ENVELOPES),--envelopes $(ENVELOPES))

bench-accounts: setup ## Account numbers by hand against a million contracts (LINES=10000 for proof)
	@nice -n 5 $(BIN)/python -m lockbox bench-accounts $(if $(LINES),--lines $(LINES))

bench-coupons: setup ## Coupons of all makes, gray and bitonal, 100 and 200 dpi, skewed
	@nice -n 5 $(BIN)/python -m lockbox bench-coupons $(if $(COUPONS),--count $(COUPONS))

calibrate: setup ## Makes the readers' probabilities honest again, after any change to readers or models
	@nice -n 5 $(BIN)/python -m lockbox calibrate $(if $(ENVELOPES),--envelopes $(ENVELOPES))

fuzz: setup ## 5,000 broken images through the readers (IMAGES=n)
	@nice -n 5 $(BIN)/python -m lockbox fuzz $(if $(IMAGES),--count $(IMAGES))

bench-money: setup ## A night and posting at volume: make bench-money CONTRACTS=1000000
	@$(BIN)/python -m lockbox bench-money --contracts $(or $(CONTRACTS),100000)

bench-statements: setup ## Statements drawn a second
	@$(BIN)/python -m lockbox bench-statements $(if $(COUNT),--count $(COUNT))

# With REHEARSAL=folder every step of the recipe is run on a few lines, into that folder: whether it still works.
few = $(if $(REHEARSAL),--steps 20 --out $(REHEARSAL)/$(1).onnx)
train: setup ## Makes the reading nets anew: some six hours, PyTorch, npm (REHEARSAL=folder: five minutes, on a few lines)
	@$(BIN)/uv sync --system-certs --frozen --quiet --inexact --extra airflow --extra simulator --group train
	$(if $(REHEARSAL),@mkdir -p $(REHEARSAL))
	@$(BIN)/python -m training.micr $(call few,micr)
	@$(BIN)/python -m training.micr_ends $(if $(REHEARSAL),--checks 4 --out $(REHEARSAL)/micr_ends.json)
	@$(BIN)/python -m training.text $(call few,text)
	@$(BIN)/python -m training.figures $(call few,figures)
	@$(BIN)/python -m training.figure_head $(call few,figure_head) $(if $(REHEARSAL),--lines 40)
	@$(BIN)/python -m training.wording $(if $(REHEARSAL),--steps 20 --checks 10 --out $(REHEARSAL)/wording.npy)
	@$(BIN)/python -m training.judge $(if $(REHEARSAL),--lines 20 --models $(REHEARSAL) --out $(REHEARSAL)/amount_judge.json)

stop: ## Stops what a killed run left behind
	@$(BIN)/python -m lockbox stop

clean: ## Removes all state (database, images, mail, reports) and the environment
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m lockbox stop || true
	rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
