"""Differences on record: noted once, accepted by a person with their numbers, settled by what comes later."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from lockbox.errors import ConflictError, InputError, UsageError
from lockbox.mail.difference import Difference
from lockbox.mail.noted_differences import accept, load_differences, note_differences, noted_since, settle_named
from lockbox.ops_events import note
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope, SiteDayScope
from reconciliation import daily
from tests.builders import ledger as make
from tests.builders.site_days import NIGHT, SCOPE, lacking_day, posted_day

NEXT_DAY = make.DAY + timedelta(1)
BATCH = BatchScope("dallas", make.DAY, "D001")


def noted(runtime: Runtime, scope: SiteDayScope = SCOPE) -> list[Difference]:
    with runtime.engine.begin() as connection:
        return note_differences(connection, scope, make.EVENING)


def kinds(runtime: Runtime) -> list[tuple[str, str, int | None, int]]:
    return [(each.scope.batch_no, each.kind, each.declared, each.counted) for each in noted(runtime)]


def found_later(runtime: Runtime, documents: int, no: str = "D900", settles: str = str(BATCH)) -> None:
    """A batch of the next day with so many documents that says which batch they are missing from."""
    with runtime.engine.begin() as connection:
        batch_id = make.batch(connection, no, day=NEXT_DAY, envelopes=documents, documents=documents, settles=[settles])
        for sequence in range(1, documents + 1):
            make.item(connection, batch_id, sequence)
        settle_named(connection, BatchScope("dallas", NEXT_DAY, no), [settles], NIGHT)


def test_nothing_differs_on_a_day_on_which_all_came(runtime: Runtime) -> None:
    assert noted(posted_day(runtime)) == []


def test_noting_again_changes_nothing(runtime: Runtime) -> None:
    first = noted(lacking_day(runtime, declared=5, captured=1))
    assert [each.sources for each in first] == [("batch", "manifest")] * 2
    assert [each.text for each in first] == [
        "batch D001: 5 documents declared and announced, 1 captured: 4 missing (sequences 2 to 5)",
        "batch D001: 5 envelopes declared and announced, 1 captured: 4 missing",
    ]
    assert noted(runtime) == first


def test_batch_and_manifest_are_two_sides_each(runtime: Runtime) -> None:
    """The batch declares what it brings; the manifest announced more."""
    lacking_day(runtime, declared=1, captured=1)
    make.altered(
        runtime, """update site_day set batches = '[{"batch"\\: "D001", "envelopes"\\: 5, "documents"\\: 5}]'"""
    )
    (documents, envelopes) = noted(runtime)
    assert (documents.text, documents.sources) == (
        "batch D001: 5 documents announced, 1 captured: 4 missing (sequences 2 to 5)",
        ("manifest",),
    )
    assert envelopes.kind == "envelopes"


def test_images_and_cents_are_compared(runtime: Runtime) -> None:
    lacking_day(runtime, declared=2, captured=2)
    make.altered(runtime, "update batch set declared_images = 4, images = 3, declared_cents = 41250")
    assert kinds(runtime) == [("D001", "cents", 41_250, 0), ("D001", "images", 4, 3)]


def test_a_batch_of_which_nobody_says_how_much_was_sent_has_nothing_to_compare_with(runtime: Runtime) -> None:
    lacking_day(runtime, declared=2, captured=2)
    make.altered(runtime, "update batch set declared_documents = null, declared_envelopes = null")
    assert kinds(runtime) == []  # the manifest says it
    make.altered(runtime, "update site_day set batches = '[]'")
    assert kinds(runtime) == [("D001", "undeclared", None, 2)]


def test_a_batch_that_the_manifest_does_not_list_is_a_difference(runtime: Runtime) -> None:
    lacking_day(runtime, declared=2, captured=2)
    make.altered(runtime, "update site_day set batches = '[]'")
    assert kinds(runtime) == [("D001", "unannounced", 0, 2)]


def test_an_image_that_no_index_lists_and_a_refused_delivery_are_differences(runtime: Runtime) -> None:
    lacking_day(runtime, declared=1, captured=1)
    with runtime.engine.begin() as connection:
        make.set_aside(connection, "D001", "9f.tif", "is not listed in index.csv")
        make.set_aside(connection, "D001", "scanner.log", "is not listed in index.csv")
        make.set_aside(connection, "D001", "D001", "already taken in with other content", refused="conflict")
        make.set_aside(connection, "D007", "index.csv", "is empty", refused="unusable")
    assert [(each.scope.batch_no, each.kind) for each in noted(runtime)] == [
        ("D001", "refused"),
        ("D001", "unlisted"),
        ("D007", "refused"),
    ]


def test_an_acceptance_covers_the_numbers_that_it_was_made_for(runtime: Runtime) -> None:
    lacking_day(runtime, declared=5, captured=1)
    accept_all(runtime)
    assert [each.is_open for each in noted(runtime)] == [False, False]
    make.altered(runtime, "update batch set declared_documents = 6")
    open_ones = [each for each in noted(runtime) if each.is_open]
    assert [(each.kind, each.declared, each.sources) for each in open_ones] == [("documents", 6, ("batch",))]


def accept_all(runtime: Runtime, by: str = "M. Ruiz") -> list[int]:
    numbers = [each.difference_id or 0 for each in noted(runtime)]
    with runtime.engine.begin() as connection:
        accept(connection, numbers, by, "shredded", make.EVENING)
    return numbers


def test_a_refused_batch_is_no_event_any_more_once_its_loss_is_accepted(runtime: Runtime) -> None:
    lacking_day(runtime, declared=1, captured=1)
    with runtime.engine.begin() as connection:
        make.set_aside(connection, "D007", "index.csv", "is empty", refused="unusable")
        note(connection, "error", "batch_set_aside", f"{SCOPE}/D007", "index.csv: is empty", make.WORKED)
    accept_all(runtime)
    with runtime.engine.connect() as connection:
        still_open = sa.text("select count(*) from ops_event where closed_at is null")
        assert connection.execute(still_open).scalar_one() == 0


def test_a_difference_is_accepted_once_by_a_name_and_a_reason(runtime: Runtime) -> None:
    first, *_ = accept_all(lacking_day(runtime))
    accept_all(runtime)  # again, the same: nothing changes
    with pytest.raises(ConflictError, match=r"accepted by M\. Ruiz: shredded"):
        accept_all(runtime, by="K. Lee")
    for words in (("", "shredded"), ("M. Ruiz", " ")):
        with pytest.raises(UsageError, match="give the name"), runtime.engine.begin() as connection:
            accept(connection, [first], *words, make.EVENING)
    with pytest.raises(InputError, match="difference 999: no such difference"), runtime.engine.begin() as connection:
        accept(connection, [999], "M. Ruiz", "shredded", make.EVENING)


def test_what_no_longer_differs_cannot_be_accepted(runtime: Runtime) -> None:
    number = noted(lacking_day(runtime))[0].difference_id or 0
    make.altered(runtime, "update batch set declared_documents = 18")
    make.altered(runtime, "update site_day set batches = '[]'")
    with pytest.raises(InputError, match="no longer differs like this"), runtime.engine.begin() as connection:
        accept(connection, [number], "M. Ruiz", "shredded", make.EVENING)


@pytest.mark.parametrize("table", ["difference", "difference_acceptance", "difference_settlement"])
def test_what_is_on_record_is_never_changed(runtime: Runtime, table: str) -> None:
    accept_all(lacking_day(runtime))
    column = "reason" if table == "difference_acceptance" else "declared" if table == "difference" else "settled"
    for statement in (f"delete from {table}", f"update {table} set {column} = {column}"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            make.altered(runtime, statement)


def test_what_is_found_after_the_close_settles_the_batch_that_it_names(runtime: Runtime) -> None:
    lacking_day(runtime, declared=5, captured=1)
    daily.close(runtime, SCOPE, NIGHT)
    found_later(runtime, 3)
    documents, envelopes = noted(runtime)
    assert (documents.settled, documents.is_open, documents.left) == (3, True, 1)
    found_later(runtime, 3, no="D901")
    documents, envelopes = noted(runtime)
    assert (documents.settled, envelopes.settled) == (4, 4)  # no more than was missing
    assert documents.settled_by == ("dallas/2026-11-17/D900", "dallas/2026-11-17/D901")
    daily.ensure_nothing_open(runtime, [SCOPE])
    assert "ties, 4 documents and 4 envelopes missing, found later in" in daily.close(runtime, SCOPE, NIGHT)


def test_one_document_is_not_found_twice(runtime: Runtime) -> None:
    """Two batches miss one document each; a batch of one document names both."""
    lacking_day(runtime, declared=2, captured=1)
    with runtime.engine.begin() as connection:
        item_id = make.item(connection, make.batch(connection, "D002", envelopes=2, documents=2))
        make.decision(connection, item_id, "review", None, reasons=["amount_unread"])
        make.stages_done(connection, f"{SCOPE}/D002")
    make.altered(
        runtime,
        """update site_day set batches = batches || '{"batch"\\: "D002", "envelopes"\\: 2, "documents"\\: 2}'""",
    )
    daily.close(runtime, SCOPE, NIGHT)
    with runtime.engine.begin() as connection:
        names = [f"{SCOPE}/D001", f"{SCOPE}/D002"]
        make.item(connection, make.batch(connection, "D900", day=NEXT_DAY, settles=names))
        settle_named(connection, BatchScope("dallas", NEXT_DAY, "D900"), names, NIGHT)
    settled = {each.scope.batch_no: each.settled for each in noted(runtime) if each.kind == "documents"}
    assert settled == {"D001": 1, "D002": 0}


def test_a_batch_that_settles_nothing_is_an_event(runtime: Runtime) -> None:
    posted_day(runtime)
    daily.close(runtime, SCOPE, make.EVENING)
    found_later(runtime, 1)
    with runtime.engine.connect() as connection:
        messages = connection.execute(sa.text("select message from ops_event where kind = 'settles_nothing'")).scalars()
        assert list(messages) == [
            "names dallas/2026-11-16/D001 as the batch that it completes, but nothing of that batch is missing"
        ]


def test_open_ones_are_listed_whatever_their_age(runtime: Runtime) -> None:
    noted(lacking_day(runtime))
    with runtime.engine.connect() as connection:
        assert len(noted_since(connection, NEXT_DAY)) == 2
    accept_all(runtime)
    with runtime.engine.connect() as connection:
        assert noted_since(connection, NEXT_DAY) == []
        assert len(noted_since(connection, make.DAY)) == 2
        assert len(load_differences(connection, SCOPE)) == 2
