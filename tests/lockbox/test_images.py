"""The image store."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import fsspec
import pytest

from lockbox.errors import InputError, SettingsError
from lockbox.images import ImageStore


@pytest.fixture(params=["folder", "file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ImageStore]:
    """An empty store of each kind."""
    urls = {
        "folder": str(tmp_path / "images"),
        "file": f"file://{tmp_path}/images",
        "memory": f"memory://{uuid.uuid4()}",
    }
    yield ImageStore(urls[request.param])
    fsspec.filesystem("memory").store.clear()


def test_returns_what_was_stored_under_its_hash(store: ImageStore) -> None:
    data = bytes(range(256)) * 40
    name = store.put(data)
    assert name == sha256(data).hexdigest()
    assert store.get(name) == data
    assert store.path(name).endswith(f"/{name[:2]}/{name[2:4]}/{name}")
    assert store.has(name)
    assert not store.has("0" * 64)


def test_storing_again_changes_nothing(store: ImageStore) -> None:
    assert store.put(b"one") == store.put(b"one") != store.put(b"two")
    assert store.get(store.put(b"one")) == b"one"


def test_an_empty_image_can_be_stored(store: ImageStore) -> None:
    assert store.get(store.put(b"")) == b""


def test_a_missing_image_is_an_input_error(store: ImageStore) -> None:
    store.put(b"another")
    with pytest.raises(InputError, match="not in the image store") as caught:
        store.get("a" * 64)
    assert caught.value.file == "a" * 64


def test_a_changed_image_is_never_returned(store: ImageStore) -> None:
    name = store.put(b"front of a check")
    store._files.pipe_file(store.path(name), b"front of a chick")
    with pytest.raises(InputError, match="has changed"):
        store.get(name)


def test_a_truncated_image_is_written_again(store: ImageStore) -> None:
    name = store.put(b"front of a check")
    store._files.pipe_file(store.path(name), b"front")
    assert store.put(b"front of a check") == name
    assert store.get(name) == b"front of a check"


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "/..", "a" * 64 + "\n"])
def test_only_a_hash_names_an_image(store: ImageStore, name: str) -> None:
    with pytest.raises(InputError, match="sha256"):
        store.get(name)


def test_an_existing_image_is_not_written_again(tmp_path: Path) -> None:
    store = ImageStore(str(tmp_path))
    path = Path(store.path(store.put(b"one")))
    os.utime(path, (1, 1))
    store.put(b"one")
    assert path.stat().st_mtime == 1


def test_a_failing_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ImageStore(str(tmp_path))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"one")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_folders_stay_small(tmp_path: Path) -> None:
    store = ImageStore(str(tmp_path))
    for number in range(50):
        store.put(str(number).encode())
    assert all(len(path.relative_to(tmp_path).parts) == 3 for path in tmp_path.rglob("*") if path.is_file())


def test_a_relative_folder_is_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = ImageStore("images")
    name = store.put(b"one")
    monkeypatch.chdir("/")
    assert store.get(name) == b"one"


def test_an_unknown_protocol_is_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="image store nosuchthing://"):
        ImageStore("nosuchthing://bucket/images")


def test_the_error_for_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(SettingsError, match=r"lockbox-batch\[s3\]"):
        ImageStore("s3://bucket/images")
