# The two commands a newcomer needs are `make run` and `make test`; both set up all they need.
.DEFAULT_GOAL := help
.PHONY: help setup run test check up bench clean stop
SHELL := /bin/sh
BIN := .venv/bin
# Each reader process keeps to one core.
export OMP_THREAD_LIMIT := 1
export OMP_NUM_THREADS := 1

help: ## What can be made
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST)

setup: ## Sets up Python and system packages; quick when all is there
	@sh tools/python_packages.sh
	@sh tools/system_packages.sh

run: setup ## The main job on sample mail of both sites, through Airflow: checks become postings
	@$(BIN)/python -m lockbox run

up: setup ## Airflow with its web UI, until Ctrl-C
	@$(BIN)/python -m lockbox up

test: setup ## All tests
	@$(BIN)/python -m pytest -q $(TESTS)

check: setup ## Style, types, layers, SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/sqlfluff lint --processes 2 -q sql

bench: setup ## Times of the stages on this machine
	@$(BIN)/python -m lockbox bench

stop: ## Stops what a killed run left behind
	@$(BIN)/python -m lockbox stop

clean: ## Removes all state (database, images, mail, reports) and the environment
	@[ ! -x $(BIN)/python ] || $(BIN)/python -m lockbox stop || true
	rm -rf var .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
