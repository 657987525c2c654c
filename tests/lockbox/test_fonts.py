"""Font files: found by name; the error for a missing one says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockbox import fonts
from lockbox.errors import SettingsError


def test_fonts_of_documents_are_installed() -> None:
    for file, package in fonts.DOCUMENT_FONTS.values():
        assert fonts.font_path(file, package).is_file()


def test_a_font_may_be_in_any_subfolder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "Mine.ttf").touch()
    monkeypatch.setattr(fonts, "ROOTS", (tmp_path / "absent", tmp_path))
    fonts.installed.cache_clear()
    try:
        assert fonts.font_path("Mine.ttf", "fonts-mine") == tmp_path / "a" / "b" / "Mine.ttf"
        with pytest.raises(SettingsError, match=r"OCRA\.ttf is not installed: apt-get install fonts-ocr-a"):
            fonts.font_path("OCRA.ttf", "fonts-ocr-a")
    finally:
        fonts.installed.cache_clear()
