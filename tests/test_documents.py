"""What the documents name exists: commands with their options, targets, test files, paths, links between pages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from lockbox.__main__ import app
from tests.builders.makefile import TARGETS
from tests.builders.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "ocr" / "models" / "README.md"])
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
FOLDERS = "lockbox|ocr|reconciliation|dags|sql|tests|profiles|tools|training|docs"
PATH = re.compile(rf"(?<![\w/.<-])((?:{FOLDERS})/[\w./-]*\w)")


def commands(page: Path) -> list[str]:
    """Lines of code, and code within a line, without prompts and comments."""
    pieces = [block or word for block, word in CODE.findall(page.read_text())]
    lines = [line.strip() for piece in pieces for line in piece.replace("\\\n", " ").splitlines()]
    return [line.removeprefix("$ ").split("  #")[0].split(" # ")[0].strip() for line in lines]


def verbs_of(line: str) -> list[str]:
    """The words that a line gives to lockbox; [] when it calls something else."""
    match = re.search(r"(?:-m lockbox|(?:^|/|\s)lockbox) ([a-z].*)", line)
    return shlex.split(match.group(1).split("|")[0].split(">")[0]) if match else []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_and_test_files_exist(page: Path) -> None:
    for line in commands(page):
        for target in re.findall(r"\bmake ([a-z][a-z-]*)", line):
            assert target in TARGETS, line
        for path in re.findall(r"\btests/[\w/]+\.(?:py|tsv)", line):
            assert (ROOT / path).exists(), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_verbs_take_the_words_that_a_document_gives_them(page: Path) -> None:
    command = typer.main.get_command(app)
    for line in commands(page):
        words = [word for word in verbs_of(line) if word != "..."]
        if not words or words == ["--help"]:
            continue
        with command.make_context("lockbox", list(words)) as context:
            name, verb, rest = command.resolve_command(context, words)  # type: ignore[attr-defined]
            assert verb is not None, line
            if rest and not any(word.isupper() for word in rest):  # ACCOUNT stands for one
                verb.make_context(name, list(rest), parent=context, resilient_parsing="--help" in rest)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    if page.name != "CHANGELOG.md":  # it names what was
        for path in (path for code in CODE.findall(text) for path in PATH.findall(" ".join(code))):
            assert any((base / path).exists() for base in (ROOT, page.parent)) or "*" in path, path
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / link).exists(), link
