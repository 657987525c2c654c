"""The fonts of drawn paper: which file, from which Debian package, and the opened font."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

from lockbox.fonts import font_path, installed

# package -> its font files, by the short names that the drawing modules use
PACKAGES: Mapping[str, Mapping[str, str]] = {
    "fonts-ocr-a": {"ocr-a": "OCRA.ttf"},
    "fonts-ocr-b": {"ocr-b": "OCRB.otf"},
    "fonts-dejavu-core": {"dejavu": "DejaVuSans.ttf", "dejavu-mono": "DejaVuSansMono.ttf"},
    "fonts-liberation": {
        "sans": "LiberationSans-Regular.ttf",
        "sans-bold": "LiberationSans-Bold.ttf",
        "serif": "LiberationSerif-Regular.ttf",
        "serif-bold": "LiberationSerif-Bold.ttf",
        "serif-italic": "LiberationSerif-Italic.ttf",
        "mono": "LiberationMono-Regular.ttf",
        "mono-bold": "LiberationMono-Bold.ttf",
    },
    "fonts-urw-base35": {
        "gothic": "URWGothic-Book.otf",
        "gothic-bold": "URWGothic-Demi.otf",
        "bookman": "URWBookman-Light.otf",
        "bookman-bold": "URWBookman-Demi.otf",
        "century": "C059-Roman.otf",
        "century-bold": "C059-Bold.otf",
        "palatino": "P052-Roman.otf",
        "palatino-bold": "P052-Bold.otf",
        "narrow": "NimbusSansNarrow-Regular.otf",
        "narrow-bold": "NimbusSansNarrow-Bold.otf",
        "nimbus-mono": "NimbusMonoPS-Regular.otf",
        "nimbus-mono-bold": "NimbusMonoPS-Bold.otf",
        "chancery": "Z003-MediumItalic.otf",
    },
    "fonts-courier-prime": {"courier": "Courier Prime.otf", "courier-bold": "Courier Prime Bold.otf"},
    "fonts-gnutypewriter": {"typewriter": "GNUTypewriter.ttf"},
    "fonts-bwht": {
        "hand-build": "BecauseWeBuild-Regular.otf",
        "hand-create": "BecauseWeCreate-Regular.otf",
        "hand-mentor": "BecauseWeMentor-Regular.otf",
        "hand-organize": "BecauseWeOrganize-Regular.otf",
    },
    "fonts-breip": {"hand-breip": "Breip.ttf", "hand-breip-wide": "breipfont.ttf"},
    "fonts-dancingscript": {"hand-dancing": "DancingScript-Regular.otf"},
    "fonts-dkg-handwriting": {"hand-dkg": "dkg.ttf", "hand-dkg-italic": "dkgIt.ttf"},
    "fonts-havana": {"hand-havana": "Havana-Regular.otf"},
    "fonts-kaushanscript": {"hand-kaushan": "KaushanScript-Regular.otf"},
    "fonts-kiloji": {"hand-kiloji": "kiloji_d.ttf", "hand-kiloji-p": "kiloji_p.ttf"},
    "fonts-klee": {"hand-klee": "KleeOne-Regular.ttf"},
    "fonts-kristi": {"hand-kristi": "Kristi.ttf"},
    "fonts-rufscript": {"hand-ruf": "Rufscript010.ttf"},
    "fonts-sjfonts": {"hand-delphine": "Delphine.ttf", "hand-steve": "SteveHand.ttf"},
}

_ADDED: dict[str, Path] = {}
_FILES = {name: (file, package) for package, files in PACKAGES.items() for name, file in files.items()}


@lru_cache(maxsize=512)
def font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The font with that short name, opened at that size. Raises SettingsError with the package to install."""
    path = _ADDED.get(name) or font_path(*_FILES[name])
    # Basic layout: English needs no shaping, and it is several times faster than raqm.
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


def add(name: str, path: Path) -> None:
    """Registers a font file under a short name, beside those of the packages: for training on more handwriting."""
    _ADDED[name] = path


def missing_packages() -> list[str]:
    """Debian packages whose fonts are not all installed; empty when paper can be drawn."""
    have = installed()
    return sorted(package for package, files in PACKAGES.items() if any(file not in have for file in files.values()))
