"""Handwriting faces beyond those that Debian has: fetched from the npm registry into a folder outside the tree."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

VERSION = "5.3.0"
LICENCES = ("OFL-1.1", "Apache-2.0")
# family: letters join
FAMILIES = {
    "annie-use-your-telescope": False, "architects-daughter": False, "bad-script": True, "caveat": False,
    "cedarville-cursive": True, "cookie": True, "covered-by-your-grace": False, "damion": True, "gaegu": False,
    "gochi-hand": False, "handlee": False, "homemade-apple": True, "indie-flower": False, "kalam": False,
    "mansalva": False, "marck-script": True, "nanum-pen-script": False, "patrick-hand": False, "reenie-beanie": False,
    "sacramento": True, "satisfy": True, "schoolbell": False, "shadows-into-light": False, "short-stack": False,
    "sue-ellen-francisco": False, "swanky-and-moo-moo": False, "the-girl-next-door": False, "vibur": False,
}  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One family: its file, whether its letters join, and under which licence it came."""

    name: str
    path: Path
    joined: bool
    licence: str


def faces(folder: Path) -> list[Face]:
    """All families, fetched where they are missing. Raises OSError or CalledProcessError when npm cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    have = folder / "node_modules" / "@fontsource"
    missing = [name for name in FAMILIES if not (have / name / "package.json").exists()]
    if missing:
        (folder / "package.json").write_text('{"name": "training-fonts", "private": true}\n')
        wanted = [f"@fontsource/{name}@{VERSION}" for name in missing]
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *wanted],
            cwd=folder,
            check=True,
        )
    found = []
    for name, joined in FAMILIES.items():
        licence = json.loads((have / name / "package.json").read_text())["license"]
        if licence not in LICENCES:
            raise OSError(f"{name}: licence {licence} is not one of {', '.join(LICENCES)}")
        found.append(Face(name, have / name / "files" / f"{name}-latin-400-normal.woff", joined, licence))
    return found
