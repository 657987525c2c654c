"""The inbox of a site: which deliveries are complete, and where each of them lies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lockbox.errors import InputError, NotReady
from lockbox.mail.inbox import delivered_batches, input_mark, path_of, read_batch, ready_batches, scope_of
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope, SiteDayScope
from tests.builders import ledger as make
from tests.builders.deliveries import deliver, deliver_x9, scan, x9_check


def test_only_deliveries_with_a_done_marker_are_ready(tmp_path: Path) -> None:
    done = deliver(tmp_path, batch="D002")
    first = deliver(tmp_path, batch="D001")
    unfinished = deliver(tmp_path, batch="D003")
    (unfinished / "DONE").unlink()
    hidden = deliver(tmp_path, batch=".D004")
    deliver(tmp_path, batch="D005.tmp")
    for name in ("D900.x9", "D901.ICL", "D902.x9.part", "manifest.json"):
        (done.parent / name).write_bytes(b"x")
        (done.parent / f"{name}.done").touch()
    (done.parent / "D903.x937").write_bytes(b"x")
    (done.parent / "D006").symlink_to(hidden)
    assert ready_batches(tmp_path, "dallas") == [first, done, done.parent / "D900.x9", done.parent / "D901.ICL"]
    assert ready_batches(tmp_path, "richardson") == []
    scope = SiteDayScope("dallas", make.DAY)
    assert delivered_batches(tmp_path, scope) == {"D001", "D002", "D900", "D901"}
    assert delivered_batches(tmp_path, SiteDayScope("richardson", make.DAY)) == set()
    with pytest.raises(NotReady):
        read_batch(unfinished)


def test_days_come_in_order_and_other_folders_are_left_alone(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    earlier = tmp_path / "dallas" / "2026-11-13" / "D009"
    shutil.copytree(folder, earlier)
    shutil.copytree(folder, tmp_path / "dallas" / "archive" / "D001")
    assert ready_batches(tmp_path, "dallas") == [earlier, folder]


def test_a_scope_leads_to_its_delivery_and_back(runtime: Runtime) -> None:
    inbox = runtime.settings.inbox_path
    for path, scope in (
        (deliver(inbox), BatchScope("dallas", make.DAY, "D001")),
        (deliver_x9(inbox, x9_check(1)), BatchScope("dallas", make.DAY, "D900")),
    ):
        assert scope_of(runtime, path) == scope
        assert path_of(runtime, scope) == path


def test_a_scope_of_no_delivery_or_of_two_is_an_error(runtime: Runtime) -> None:
    scope = BatchScope("dallas", make.DAY, "D900")
    with pytest.raises(InputError, match="no complete delivery has this batch number"):
        path_of(runtime, scope)
    deliver(runtime.settings.inbox_path, batch="D900")
    deliver_x9(runtime.settings.inbox_path, x9_check(1))
    with pytest.raises(InputError, match="2 complete deliveries have this batch number"):
        path_of(runtime, scope)


def test_a_delivery_outside_the_folder_of_a_day_is_an_error(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    shutil.copytree(folder, tmp_path / "dallas" / "archive" / "D001")
    with pytest.raises(InputError, match="folder 'archive' is not a day"):
        read_batch(tmp_path / "dallas" / "archive" / "D001")


def test_the_mark_changes_with_the_files(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    mark = input_mark(folder)
    assert input_mark(folder) == mark
    (folder / "f9.tif").write_bytes(scan(9))
    assert input_mark(folder) != mark


def test_the_mark_of_an_x9_file_changes_with_its_marker(tmp_path: Path) -> None:
    path = deliver_x9(tmp_path, x9_check(1))
    mark = input_mark(path)
    path.with_name("D900.x9.done").write_bytes(b'{"box": "650805"}')
    assert input_mark(path) != mark
