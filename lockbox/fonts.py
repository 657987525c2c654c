"""Installed font files, and the fonts of statements and letters."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lockbox.errors import SettingsError

# Fontconfig's system folders, and the folder that setup uses when it is not root.
ROOTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path(sys.prefix) / "fonts")

# short name -> (font file, Debian package); for what the lender prints, not for the simulator's documents
DOCUMENT_FONTS: Mapping[str, tuple[str, str]] = {
    "ocr-a": ("OCRA.ttf", "fonts-ocr-a"),
    "sans": ("LiberationSans-Regular.ttf", "fonts-liberation"),
    "sans-bold": ("LiberationSans-Bold.ttf", "fonts-liberation"),
}


def font_path(file: str, package: str) -> Path:
    """The path of a font file. Raises SettingsError naming the package to install."""
    path = installed().get(file)
    if path is None:
        raise SettingsError(f"the font {file} is not installed: apt-get install {package}")
    return path


@cache
def installed() -> Mapping[str, Path]:
    """Every font file in the font folders, by file name."""
    return {path.name: path for root in ROOTS if root.is_dir() for path in sorted(root.rglob("*")) if path.is_file()}
