"""Drawn mail judged: copies of a check, and the cost of a reading."""

from __future__ import annotations

from dataclasses import replace

from lockbox.proving.curve import Judged
from lockbox.proving.drawn_mail import Payment, once_of_two, planned, read_sides
from lockbox.settings import Settings
from lockbox.simulator.inbox import render
from lockbox.simulator.truth import TrueLine
from ocr.reading import DocumentKind, Field
from tests.builders.drawn import DOCUMENT


def test_a_check_scanned_twice_posts_rightly_once() -> None:
    line = TrueLine("1", 41_250)
    first = replace(DOCUMENT, truth=replace(DOCUMENT.truth, lines=(line,), sequence=1))
    second = replace(DOCUMENT, truth=replace(DOCUMENT.truth, lines=(), sequence=2, reasons=("duplicate",)))
    wrong, credited = Judged(0.999, False, expected=False), (("1", 41_250),)
    again = Payment(second, wrong, True, credited=credited)
    held = Payment(first, Judged(None, False), False, ("micr_unread",))
    gone = Payment(first, Judged(0.999, True), True, credited=credited)
    assert once_of_two([held, again])[1].judged.right
    assert not once_of_two([gone, again])[1].judged.right
    assert not once_of_two([held, replace(again, credited=(("2", 41_250),))])[1].judged.right


def test_a_document_is_read_with_its_cost() -> None:
    timed = read_sides(*render(DOCUMENT))
    best = timed.reading.best(Field.COURTESY_AMOUNT)
    assert timed.reading.kind is DocumentKind.CHECK
    assert best is not None
    assert best.value == "41250"
    assert timed.cpu_ms > 0
    assert timed.peak_kib > 10_000
    assert timed.rereads >= 0


def test_the_plan_of_a_day_is_the_same_every_time(settings: Settings) -> None:
    first, second = (planned(settings, 90_005, 8, 40) for _ in range(2))
    assert first.truth == second.truth
    assert len({item.envelope_no for item in first.truth.items}) > 1
