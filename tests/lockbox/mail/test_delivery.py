"""A delivery as values: images, their limits and the fingerprint of the content."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lockbox.errors import InputError
from lockbox.mail.delivery import IncomingDocument, IntakeLimits, fingerprint, image_problem, media_type, with_flags
from lockbox.mail.inbox import read_batch
from tests.builders.deliveries import ROWS, deliver, scan, sequences


def test_an_image_changed_after_intake_is_not_loaded(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    front = read_batch(folder).documents[0].front
    assert front is not None
    (folder / "f1.tif").write_bytes(scan(77))
    with pytest.raises(InputError, match="changed since"):
        front.load()
    shutil.rmtree(folder)
    with pytest.raises(FileNotFoundError):
        front.load()


def test_an_image_of_400_million_pixels_is_rejected_by_its_header(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000), 1).save(target, "TIFF", compression="group4")
    batch = read_batch(deliver(tmp_path, files={"f1.tif": target.getvalue()}))
    assert sequences(batch) == ([2, 3], [1])
    assert "20000 x 20000 pixels" in batch.reasons(1)[0]


def test_an_oversized_file_is_rejected_unread(tmp_path: Path) -> None:
    batch = read_batch(
        deliver(tmp_path, files={"f1.tif": scan(1) + b"\0" * 5_000}), IntakeLimits(max_image_bytes=4_000)
    )
    assert sequences(batch) == ([2, 3], [1])
    assert "at most 4,000" in batch.reasons(1)[0]


def test_the_fingerprint_is_that_of_the_content(tmp_path: Path) -> None:
    first = read_batch(deliver(tmp_path / "one"))
    assert read_batch(deliver(tmp_path / "two")).content_sha256 == first.content_sha256
    changes: list[dict[str, Any]] = [
        {"files": {"f1.tif": scan(50)}},
        {"files": {"f9.tif": scan(50)}},
        {"files": {"f1.tif": None}},
        {"control": {"scanner": "S2"}},
        {"rows": ROWS[:2]},
    ]
    for number, changed in enumerate(changes):
        assert read_batch(deliver(tmp_path / f"changed{number}", **changed)).content_sha256 != first.content_sha256


def test_a_good_image_has_no_problem_and_its_type_is_in_its_bytes() -> None:
    for kind, name in (("TIFF", "image/tiff"), ("JPEG", "image/jpeg")):
        assert image_problem(scan(1, kind), "f1", IntakeLimits()) is None
        assert media_type(scan(1, kind)) == name
    assert image_problem(b"", "f1", IntakeLimits()) == "empty file"
    assert "at most 50" in (image_problem(scan(1), "f1", IntakeLimits(max_image_bytes=50)) or "")


def test_flags_come_once_and_in_their_order() -> None:
    document = IncomingDocument(1, 1, None, None, flags=("same_image",))
    assert with_flags(document, "same_image", "back_missing") == ("back_missing", "same_image")


def test_the_fingerprint_keeps_names_and_hashes_apart() -> None:
    assert fingerprint([("a", "bc")]) == fingerprint([("a", "bc")])
    assert fingerprint([("a", "bc")]) != fingerprint([("ab", "c")])
    assert fingerprint([("a", "1"), ("b", "2")]) != fingerprint([("b", "2"), ("a", "1")])
