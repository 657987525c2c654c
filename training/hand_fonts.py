"""Handwriting faces that Debian does not have, fetched from the npm registry into a folder outside the tree."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

VERSION = "5.3.0"
LICENSES = ("OFL-1.1", "Apache-2.0")
FAMILIES = {  # and whether their letters join
    "annie-use-your-telescope": False,
    "architects-daughter": False,
    "bad-script": True,
    "caveat": False,
    "cedarville-cursive": True,
    "cookie": True,
    "covered-by-your-grace": False,
    "damion": True,
    "gaegu": False,
    "gochi-hand": False,
    "handlee": False,
    "homemade-apple": True,
    "indie-flower": False,
    "kalam": False,
    "mansalva": False,
    "marck-script": True,
    "nanum-pen-script": False,
    "patrick-hand": False,
    "reenie-beanie": False,
    "sacramento": True,
    "satisfy": True,
    "schoolbell": False,
    "shadows-into-light": False,
    "short-stack": False,
    "sue-ellen-francisco": False,
    "swanky-and-moo-moo": False,
    "the-girl-next-door": False,
    "vibur": False,
}


@dataclass(frozen=True)
class Face:
    """One family: its file, whether its letters join, and its license."""

    name: str
    path: Path
    joined: bool
    license: str


def faces(folder: Path) -> list[Face]:
    """All families, fetched if they are missing. Raises OSError or CalledProcessError if npm cannot fetch them."""
    folder.mkdir(parents=True, exist_ok=True)
    fetched = folder / "node_modules" / "@fontsource"
    missing = [name for name in FAMILIES if not (fetched / name / "package.json").exists()]
    if missing:
        (folder / "package.json").write_text('{"name": "training-fonts", "private": true}\n')
        packages = [f"@fontsource/{name}@{VERSION}" for name in missing]
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *packages],
            cwd=folder,
            check=True,
        )
    families = []
    for name, joined in FAMILIES.items():
        license = json.loads((fetched / name / "package.json").read_text())["license"]
        if license not in LICENSES:
            raise OSError(f"{name}: license {license} is not one of {', '.join(LICENSES)}")
        families.append(Face(name, fetched / name / "files" / f"{name}-latin-400-normal.woff", joined, license))
    return families
