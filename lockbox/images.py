"""Where images are kept: under their own hash, in a folder or any store fsspec reaches."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec

from lockbox.errors import InputError, SettingsError
from lockbox.files import write_whole

HASH = re.compile(r"[0-9a-f]{64}")
EXTRAS = {"s3": "s3", "s3a": "s3"}  # protocol: the extra of this distribution that brings its driver


class ImageStore:
    """Images by the sha256 of their bytes: the same image is kept once, and a changed one is never handed out.

    `url` is a folder, or `s3://bucket/prefix`, `memory://name`, or what else fsspec knows.
    """

    def __init__(self, url: str) -> None:
        """Raises SettingsError: no driver for this kind of address, or one that cannot be set up."""
        protocol = url.partition("://")[0] if "://" in url else "file"
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            extra = EXTRAS.get(protocol)
            hint = f"; install lockbox-batch[{extra}]" if extra else ""
            raise SettingsError(f"image store {url}: no driver for {protocol}://{hint}") from error
        except (ValueError, OSError) as error:
            raise SettingsError(f"image store {url}: {error}") from error
        self.url, self._root = url, root.rstrip("/")
        self._local = "file" in _protocols(self._files)

    def put(self, data: bytes) -> str:
        """Keep the bytes; returns their sha256 in hex. Keeping them again does nothing.

        A reader never sees half an image: locally it is renamed into place, object stores show an object only whole.
        """
        name = sha256(data).hexdigest()
        path = self.path(name)
        if self._whole(path, len(data)):
            return name
        if self._local:
            write_whole(Path(path), data)
        else:
            self._files.pipe_file(path, data)
        return name

    def get(self, name: str) -> bytes:
        """The bytes kept under this hash.

        Raises:
            InputError: not there, or no longer what was kept.
        """
        path = self.path(name)
        try:
            data = bytes(self._files.cat_file(path))
        except FileNotFoundError as error:
            raise InputError("is not in the image store", name, field="image") from error
        if sha256(data).hexdigest() != name:
            raise InputError(f"has changed in the image store ({path})", name, field="image")
        return data

    def has(self, name: str) -> bool:
        """Is something kept under this hash?"""
        return bool(self._files.exists(self.path(name)))

    def path(self, name: str) -> str:
        """Where the image with this hash lies: two levels of folders keep each below some thousand entries.

        Raises:
            InputError: not a sha256 in hex; such a name could lead out of the store.
        """
        if not HASH.fullmatch(name):
            raise InputError("is not a sha256 in hex", name, field="image")
        return f"{self._root}/{name[:2]}/{name[2:4]}/{name}"

    def _whole(self, path: str, size_bytes: int) -> bool:
        """Is it there in full? A file cut short by a full disk is written again."""
        try:
            return bool(self._files.size(path) == size_bytes)
        except FileNotFoundError:
            return False


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)
