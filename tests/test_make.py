"""Every target of the Makefile works: the quick ones are run, of the long ones the commands are held against the verbs.

The verbs themselves are run small by their own tests; `make run` and `make up` by tests/dags/test_airflow.py's
neighbors, `make check` by .ci/run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from lockbox.__main__ import app
from tests.builders.makefile import MAKEFILE, TARGETS
from tests.builders.paths import ROOT

RUN_HERE = {"help", "setup", "test", "quick", "coverage", "stop", "clean", "bench-statements"}
BY_VERB = {"bench", "bench-reading", "bench-money", "bench-accounts", "bench-coupons", "calibrate", "fuzz", "run", "up"}
# Held against the programs they call, and run by nobody but a person: training wants PyTorch, proof takes hours.
BY_PLAN = {"train", "proof", "check"}
SIZES = {"ENVELOPES": "10", "LINES": "20", "CONTRACTS": "1000", "COUPONS": "4", "IMAGES": "5", "COUNT": "2"}

pytestmark = [
    pytest.mark.thorough,  # it calls make, which calls Python, again and again
    pytest.mark.skipif(not (ROOT / ".venv" / "bin" / "python").exists(), reason="no environment beside it"),
]


def make(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTEST"))}
    return subprocess.run(
        ["make", *words], cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False
    )


def planned(target: str) -> list[str]:
    """The commands that a target would run."""
    sizes = [f"{name}={size}" for name, size in SIZES.items()]
    done = make("-n", target, *sizes, "REHEARSAL=/tmp/rehearsal")
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("\\\n", " ").splitlines()


def test_every_target_is_explained_and_tested() -> None:
    assert TARGETS == RUN_HERE | BY_VERB | BY_PLAN
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony.group(1).replace("\\", " ").split()) == TARGETS
    shown = make("help")
    assert {line.split("\t")[0] for line in shown.stdout.splitlines()} == {f"make {target}" for target in TARGETS}


@pytest.mark.parametrize("target", sorted(BY_VERB))
def test_a_target_calls_a_verb_with_words_that_it_knows(target: str) -> None:
    """What the words mean is tested where the verb is; here, that the verb takes them."""
    (line,) = [line for line in planned(target) if " -m lockbox " in line]
    words = shlex.split(line.split(" -m lockbox ", 1)[1])
    command = typer.main.get_command(app)
    assert isinstance(command, TyperGroup)
    with command.make_context("lockbox", words) as context:
        name, verb, rest = command.resolve_command(context, words)
        assert verb is not None
        assert (name, verb.make_context(name, list(rest), parent=context).info_name) == (target, target)


def test_proof_and_train_call_what_is_there() -> None:
    for line in [*planned("proof"), *planned("train")]:
        for path in re.findall(r"\btests/[\w/]+\.py", line):
            assert (ROOT / path).exists()
        for module in re.findall(r"-m (training\.\w+)", line):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists()
    proof = "\n".join(planned("proof"))
    for name in re.findall(r"\b(LOCKBOX_TEST_\w+)=", proof):
        assert any(name in path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__))


def test_ci_runs_the_tests_and_the_checks() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "make test" in script
    assert "make check" in script


@pytest.mark.parametrize("target", ["test", "quick"])
def test_tests_run_by_make(target: str) -> None:
    done = make(target, "TESTS=tests/lockbox/test_scopes.py", "JOBS=0")
    assert done.returncode == 0, done.stdout
    assert re.search(r"\d+ passed", done.stdout)


def test_coverage_says_which_lines_nobody_runs(tmp_path: Path) -> None:
    done = make(
        "coverage",
        "TESTS=tests/lockbox/test_scopes.py",
        "JOBS=0",
        "COVER=lockbox.scopes",
        COVERAGE_FILE=str(tmp_path / "coverage"),
    )
    assert done.returncode == 0, done.stdout
    assert "lockbox/scopes.py" in done.stdout or "skipped due to complete coverage" in done.stdout


def test_a_bench_run_by_make(tmp_path: Path) -> None:
    done = make("bench-statements", "COUNT=1", LOCKBOX_HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_setup_has_nothing_to_do_a_second_time() -> None:
    done = make("setup")
    assert (done.returncode, done.stdout) == (0, "")


def test_stop_and_clean_leave_nothing_behind(tmp_path: Path) -> None:
    """In a checkout of its own: this one's environment is in use."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    for folder in ("var/reports", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"):
        (tmp_path / folder).mkdir(parents=True)
    home = {"LOCKBOX_HOME": str(tmp_path / "var"), "PYTHONPATH": str(ROOT)}
    assert make("stop", cwd=tmp_path, **home).returncode == 0
    assert make("clean", cwd=tmp_path, **home).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]
