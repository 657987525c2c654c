"""Font files that are installed, and the ones that statements and letters are set in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lockbox.errors import SettingsError

# Fontconfig's own system folders, and where set-up unpacks fonts when it is not root.
ROOTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path(sys.prefix) / "fonts")

# short name -> (font file, Debian package); what the lender prints, apart from the simulator's papers
DOCUMENT_FONTS: Mapping[str, tuple[str, str]] = {
    "ocr-a": ("OCRA.ttf", "fonts-ocr-a"),
    "sans": ("LiberationSans-Regular.ttf", "fonts-liberation"),
    "sans-bold": ("LiberationSans-Bold.ttf", "fonts-liberation"),
}


def font_path(file: str, package: str) -> Path:
    """Where a font file lies. Raises SettingsError naming the package to install."""
    path = installed().get(file)
    if path is None:
        raise SettingsError(f"the font {file} is not installed: apt-get install {package}")
    return path


@cache
def installed() -> Mapping[str, Path]:
    """Every font file under the font folders, by its file name."""
    return {path.name: path for root in ROOTS if root.is_dir() for path in sorted(root.rglob("*")) if path.is_file()}
