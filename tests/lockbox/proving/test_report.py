"""The report's tables, from values that a person can check."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from lockbox.proving import report
from lockbox.proving.cost import Prices
from lockbox.proving.curve import Judged
from lockbox.proving.drawn_mail import Measured, Payment
from lockbox.proving.real_sets import Sample
from lockbox.proving.report import ALL, ENVELOPES, WITH_STOPS, payments_by_kind, table
from lockbox.proving.speed import Bout, Duel, Scaling, Step
from lockbox.simulator.truth import Score
from tests.builders.drawn import DOCUMENT

PRICES = Prices(exception_cents=500, misread_cents=50_000)
SURE = [Judged(0.9999, True)] * 800  # half to choose limits on, half to judge them on


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [("1", "2")]).splitlines() == ["| a | b |", "|---|---|", "| 1 | 2 |"]


def test_a_stop_that_was_missed_is_no_misread() -> None:
    sure = Payment(DOCUMENT, Judged(0.99, True), True)
    ahead = replace(DOCUMENT, truth=replace(DOCUMENT.truth, must_stop=True, sequence=9))
    measured = Measured(1, 1, payments=[sure, Payment(ahead, Judged(0.9999, False, expected=False), True)])
    groups = payments_by_kind(measured)
    assert groups[ALL] == groups[ENVELOPES] == [sure.judged]
    assert [claim.right for claim in groups[WITH_STOPS]] == [True, False]


def test_an_envelope_is_as_sure_as_its_least_sure_check() -> None:
    pair = [
        Payment(replace(DOCUMENT, truth=replace(DOCUMENT.truth, sequence=no)), Judged(chance, right), True)
        for no, chance, right in ((1, 0.99, True), (2, 0.9, False))
    ]
    assert payments_by_kind(Measured(1, 1, payments=pair))[ENVELOPES] == [Judged(0.9, False)]


def test_a_star_marks_a_rate_that_is_not_proven() -> None:
    text = report.curves({"date": SURE}, "field")
    [row] = text.splitlines()[2:]
    assert row.startswith("| date | 800 | 100.0% | 100.0% (99.1% to 100.0%) | 100.0% (99.1% to 100.0%) \\* |")


def test_what_held_checks_is_counted_by_reason() -> None:
    sure = Judged(0.99, True)
    payments = [
        Payment(DOCUMENT, sure, False, ("micr_unread",)),
        Payment(DOCUMENT, sure, False, ("micr_unread", "stale")),
        Payment(DOCUMENT, sure, True),
        Payment(DOCUMENT, sure, True),
    ]
    text = report.stops(Measured(1, 1, payments=payments))
    assert "| micr_unread | 2 | 1 | 50.0% |" in text
    assert "| stale | 1 | 0 | 25.0% |" in text
    assert report.stops(Measured(1, 1)) == "Nothing."


def test_straight_through_names_the_limit_and_what_it_proves() -> None:
    score = Score(2, 1, 1, 1, (), (), (), (), ())
    measured = Measured(
        1, 1, payments=[Payment(DOCUMENT, Judged(0.99, True), True)] * 300, score=score, max_misread_ppm=500
    )
    text = report.straight_through(measured)
    assert "(at most 500 ppm): 0 misread of 300 posted, at most 0.994% with 95 % confidence" in text


def test_the_cheapest_limit_is_offered_as_a_row_once_enough_is_measured() -> None:
    text = report.rows_to_paste({ALL: SURE}, {}, PRICES, date(2026, 11, 17), "bench seed 1")
    assert 'rule = "post.max_misread_ppm"' in text
    assert "value = 100" in text
    assert "0 wrong of 400" in text
    assert report.rows_to_paste({ALL: SURE[:400]}, {}, PRICES, date(2026, 11, 17), "x").startswith("Fewer than 300")
    assert "| payment, all checks | 400 | 0.999900 | 100.0% | 0 | 0 |" in report.costs({}, {ALL: SURE}, PRICES)


def test_calibration_is_shown_by_its_log_loss() -> None:
    before, after = {"date": [Judged(0.5, True)] * 2}, {"date": [Judged(0.9, True)] * 2}
    assert "| date | 2 | 0.6931 | 0.1054 |" in report.honesty(before, after)


def test_speed_is_shown_by_core_and_against_tesseract() -> None:
    duel = Duel((Bout("check", 6, 0.1, 1.0),) * 40)
    text = report.times(
        [Step("micr.read", 1.0, 12.5), Step("micr.small", 1.0, 0.01)],
        [(90.0, 0), (110.0, 2)],
        duel,
        Scaling(4, 10.0, 19.0),
        "memory",
    )
    assert "10.0 documents a second and core: 100 ms CPU each over 2 documents" in text
    assert "11.1 a second and core over 1 documents" in text
    assert "two processes against one: 1.90 times (19.00 and 10.00 documents a second" in text
    assert "10.0 times" in text
    assert "| micr.read | 1.00 | 12.5 |" in text
    assert "micr.small" not in text


def test_real_samples_are_grouped_by_set() -> None:
    samples = [Sample("a set: x", str(no), "1", "1", Judged(0.9, True), b"") for no in range(3)]
    assert "| a set: x | 3 | 100.0% (29.2% to 100.0%) | 3, 0 wrong, at most 63.2% | 0, 0 wrong" in report.real(samples)
    assert report.real([]) == "No folder of real sets here."
