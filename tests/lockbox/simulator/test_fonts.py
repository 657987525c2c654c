"""Fonts of drawn paper: all installed, complete, and a missing one names its package."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from lockbox import fonts as files
from lockbox.errors import SettingsError
from lockbox.simulator import fonts
from lockbox.simulator.hand import FACES
from lockbox.simulator.signature import SIGNING_FACES

NAMES = [name for files in fonts.PACKAGES.values() for name in files]
WRITTEN = string.ascii_letters + string.digits + ".,-/$#&'*()"


def test_every_font_is_installed_and_named_once() -> None:
    assert fonts.missing_packages() == []
    assert len(NAMES) == len(set(NAMES))
    assert {*FACES, *SIGNING_FACES} <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("ocr")])
def test_every_face_has_the_letters_that_it_must_write(name: str) -> None:
    opened = fonts.font(name, 40)
    absent = bytes(opened.getmask("\uffff"))
    lacking = [sign for sign in WRITTEN if bytes(opened.getmask(sign)) in (absent, b"")]
    assert lacking == (["&"] if name == "typewriter" else [])


def test_a_missing_font_names_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(files, "ROOTS", (tmp_path,))
    files.installed.cache_clear()
    fonts.font.cache_clear()
    try:
        with pytest.raises(SettingsError, match="apt-get install fonts-ocr-a"):
            fonts.font("ocr-a", 30)
        assert fonts.missing_packages() == sorted(fonts.PACKAGES)
    finally:
        files.installed.cache_clear()
        fonts.font.cache_clear()
