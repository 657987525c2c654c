"""The manifest of a site day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lockbox.errors import InputError
from lockbox.mail.manifest import ManifestBatch, read_manifest
from tests.builders.deliveries import DAY


def manifest(inbox: Path, **more: Any) -> Path:
    """A manifest of two batches."""
    path = inbox / "dallas" / DAY / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"batch": "D001", "envelopes": 2, "documents": 3}, {"batch": "D002", "envelopes": 1, "documents": 1}]
    path.write_text(json.dumps({"site": "dallas", "business_date": DAY, "batches": rows, "complete": True, **more}))
    return path


def test_a_manifest_is_read(tmp_path: Path) -> None:
    site_manifest = read_manifest(manifest(tmp_path))
    assert (site_manifest.site, site_manifest.business_date) == ("dallas", date(2026, 11, 16))
    assert site_manifest.complete
    assert site_manifest.batches == (ManifestBatch("D001", 2, 3), ManifestBatch("D002", 1, 1))


def test_an_error_names_file_batch_and_field(tmp_path: Path) -> None:
    batches = [{"batch": "D001", "envelopes": "2", "documents": 3}]
    with pytest.raises(InputError) as caught:
        read_manifest(manifest(tmp_path, batches=batches))
    assert str(caught.value) == f"dallas/{DAY}/manifest.json, batch 1, field envelopes: '2' is not a count"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"site": "richardson"}, "site"),
        ({"business_date": "2026-11-17"}, "business_date"),
        ({"batches": {}}, "batches"),
        ({"batches": [{"batch": "D001", "envelopes": "2", "documents": 3}]}, "envelopes"),
        ({"batches": [{"envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{"batch": "D", "envelopes": 2, "documents": 3}] * 2}, "batch"),
        ({"batches": ["D001"]}, ""),
        ({"complete": "yes"}, "complete"),
        ({"batches": [{"batch": "D001", "envelopes": 99_999_999_999_999, "documents": 3}]}, "envelopes"),
        ({"batches": [{"batch": "D/1", "envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{"batch": "D\0", "envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{"batch": "D" * 200, "envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{"batch": {"no": 1}, "envelopes": 2, "documents": 3}]}, "batch"),
        ({"batches": [{}] * 10_001}, "batches"),
        ({"business_date": 20261116}, "business_date"),
    ],
)
def test_a_manifest_of_another_day_or_form_is_rejected(tmp_path: Path, more: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_manifest(manifest(tmp_path, **more))
    assert caught.value.field == field
    assert caught.value.file == f"dallas/{DAY}/manifest.json"
