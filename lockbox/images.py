"""The image store: images by their hash, in a folder or any store that fsspec supports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec

from lockbox.errors import InputError, LockboxError, SettingsError, Unavailable
from lockbox.files import write_whole

HASH = re.compile(r"[0-9a-f]{64}")
EXTRAS = {"s3": "s3", "s3a": "s3"}  # protocol: the extra of this distribution that installs its driver


class ImageStore:
    """Images by the sha256 of their bytes: an image is stored once, and a changed one is never returned.

    `url` is a folder, `s3://bucket/prefix`, `memory://name`, or anything else that fsspec supports.
    """

    def __init__(self, url: str) -> None:
        """Raises SettingsError: there is no driver for this URL, or it cannot be set up."""
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
        """Stores the bytes and returns their sha256 in hex. Storing them again does nothing.

        A reader never sees half an image: a local file is renamed into place, and object stores publish whole objects.
        """
        name = sha256(data).hexdigest()
        path = self.path(name)
        with self._answering():
            if self._is_complete(path, len(data)):
                return name
            if self._local:
                write_whole(Path(path), data, tidy=True)
            else:
                self._files.pipe_file(path, data)
        return name

    def get(self, name: str) -> bytes:
        """The bytes stored under this hash.

        Raises:
            InputError: missing, or not the bytes that were stored.
            Unavailable: the store itself is not there, as a share that is not mounted.
        """
        path = self.path(name)
        try:
            with self._answering():
                data = bytes(self._files.cat_file(path))
        except FileNotFoundError as error:
            if self._local and not Path(self._root).is_dir():
                raise Unavailable(f"image store {self.url}: is not there") from error
            raise InputError("is not in the image store", name, field="image") from error
        if sha256(data).hexdigest() != name:
            raise InputError(f"has changed in the image store ({path})", name, field="image")
        return data

    def has(self, name: str) -> bool:
        """Whether something is stored under this hash."""
        return bool(self._files.exists(self.path(name)))

    def path(self, name: str) -> str:
        """The path of the image with this hash. Two levels of folders keep each below a few thousand entries.

        Raises:
            InputError: not a sha256 in hex; such a name could lead outside the store.
        """
        if not HASH.fullmatch(name):
            raise InputError("is not a sha256 in hex", name, field="image")
        return f"{self._root}/{name[:2]}/{name[2:4]}/{name}"

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Drivers have errors of their own; whatever they mean, the store may answer later."""
        try:
            yield
        except (OSError, LockboxError):
            raise
        except Exception as error:
            raise Unavailable(f"image store {self.url}: {type(error).__name__}") from error

    def _is_complete(self, path: str, size_bytes: int) -> bool:
        """Whether it is stored in full; a file truncated by a full disk is written again."""
        try:
            return bool(self._files.size(path) == size_bytes)
        except FileNotFoundError:
            return False


def _protocols(files: Any) -> tuple[str, ...]:
    return (files.protocol,) if isinstance(files.protocol, str) else tuple(files.protocol)
