"""Tidiness: size, names and openings of modules, and what must not be in the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path for folder in ("ocr", "lockbox", "reconciliation", "dags") for path in (ROOT / folder).rglob("*.py")
)
EVERY_FILE = [*MODULES, *(path for folder in ("training", "tests") for path in (ROOT / folder).rglob("*.py"))]
# Names that say nothing; these counts may only fall.
EMPTY_NAMES = {"one", "found", "told", "wanted", "said", "mine"}
MOST_EMPTY_LOOPS = 2
MOST_EMPTY_NAMES = 13
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()  # empty outside a checkout


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_opens_with_one_sentence(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    opening = ast.get_docstring(tree)
    assert opening, "no docstring"
    assert opening.splitlines()[0].endswith((".", ":")), "the first line is a sentence"
    assert len(text.splitlines()) <= 400
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < 62, f"{node.name} is too long"


def test_every_module_has_its_tests() -> None:
    """At least 95 % of the modules have a test file of their name at the same place under tests/."""
    wanted = [
        path.relative_to(ROOT)
        for path in MODULES
        if "dags" not in path.parts and "migrations" not in path.parts and not path.name.startswith("__")
    ]
    missing = [path for path in wanted if not (ROOT / "tests" / path.parent / f"test_{path.name}").exists()]
    assert len(missing) <= 0.05 * len(wanted), missing


def test_names_say_what_they_hold() -> None:
    """Counted over the whole tree; the numbers may only fall."""
    loops = empty_loops = empty_names = 0
    for path in EVERY_FILE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.For | ast.comprehension):
                loops += 1
                empty_loops += any(isinstance(name, ast.Name) and name.id == "one" for name in ast.walk(node.target))
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                empty_names += node.id in EMPTY_NAMES
    assert empty_loops <= MOST_EMPTY_LOOPS < 0.02 * loops
    assert empty_names <= MOST_EMPTY_NAMES


def test_functions_are_short() -> None:
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None
    )
    assert lengths[len(lengths) // 2] <= 10
    assert lengths[len(lengths) * 9 // 10] <= 25


def test_layout_is_left_to_the_formatter() -> None:
    mark = "# fmt: " + "skip"
    assert sum(path.read_text().count(mark) for path in EVERY_FILE) <= 40


def test_every_module_has_its_place_in_the_contracts() -> None:
    """What lies loose in lockbox/ is placed by name in the floors of the house, and little does."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["name"] == "the floors of the house")
    placed = {module.strip() for layer in floors["layers"] for module in layer.split("|")}
    inside = [path for path in (ROOT / "lockbox").iterdir() if path.name != "migrations"]
    names = {f"lockbox.{path.stem}" for path in inside if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names - {"lockbox.__init__"} <= placed
    assert sum(path.suffix == ".py" for path in inside) <= 20
    assert not any("ignore_imports" in contract for contract in contracts)


def test_public_names_are_not_handed_on() -> None:
    """A name is imported from where it is made."""
    assert [path for path in MODULES if "__all__" in path.read_text()] == []


@pytest.mark.parametrize("path", [p for p in MODULES if "dags" in p.parts], ids=lambda path: path.name)
def test_a_dag_file_is_thin(path: Path) -> None:
    code = [line for line in path.read_text().splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= 120


def test_no_clock_and_no_chance_in_logic() -> None:
    """Time and randomness are arguments: only the edges ask the clock."""
    edges = {
        "lockbox/cli/shared.py",
        "lockbox/operations/launcher.py",
        "lockbox/operations/processes.py",
        "lockbox/operations/dag_runs.py",
    }
    asks = re.compile(
        r"datetime\.now|date\.today|utcnow|random\.(random|seed|choice|randint)\(|np\.random\.(rand|seed)"
    )
    found = [
        str(path.relative_to(ROOT))
        for path in MODULES
        if "dags" not in path.parts and asks.search(path.read_text()) and str(path.relative_to(ROOT)) not in edges
    ]
    assert found == []


def test_importing_the_packages_loads_nothing_heavy() -> None:
    code = (
        "import sys, ocr, lockbox, reconciliation, lockbox.lender.policy;"
        "print([m for m in ('cv2', 'onnxruntime', 'pandas', 'airflow', 'great_expectations') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_only_one_module_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ|os\.getenv")
    allowed = {
        "lockbox/settings.py",
        "lockbox/operations/airflow_setup.py",
        "lockbox/operations/processes.py",
    }  # launchers hand it on
    found = {
        str(path.relative_to(ROOT)) for path in MODULES if "dags" not in path.parts and reads.search(path.read_text())
    }
    assert found <= allowed


def test_nothing_generated_or_large_is_tracked() -> None:
    bad = [name for name in TRACKED if re.search(r"\.(pyc|log|html|pdf|tif|jpg|sqlite)$|^var/|__pycache__", name)]
    assert [name for name in bad if not name.startswith("tests/data/")] == []
    assert [name for name in TRACKED if (ROOT / name).is_file() and (ROOT / name).stat().st_size > 2_000_000] == []


def test_money_is_never_a_float() -> None:
    """A name that ends in _cents is an int wherever it is declared."""
    found = [
        f"{path.name}: {match.group(0)}"
        for path in MODULES
        for match in re.finditer(r"\w+_cents\s*:\s*float", path.read_text())
    ]
    assert found == []
