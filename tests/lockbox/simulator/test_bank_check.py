"""Bill payments, cashier's checks and money orders: every text is on the check, signatures only where signed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lockbox.simulator.bank_check import bill_pay, cashiers, money_order
from lockbox.simulator.hand import Hand, hand
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.sheet import Rng, Sheet, dice
from ocr.reading import CheckKind
from tests.builders import papers
from tests.builders.simulated import blank, ink, reversed_text, texts

Draw = Callable[[Sheet, CheckPaper, Rng, Hand], None]
DRAWN: dict[CheckKind, tuple[Draw, tuple[int, int]]] = {
    CheckKind.BILL_PAY: (bill_pay, (1700, 700)),
    CheckKind.CASHIERS: (cashiers, (1700, 700)),
    CheckKind.MONEY_ORDER: (money_order, (1400, 650)),
}
KINDS = pytest.mark.parametrize("kind", list(DRAWN))
SEEDS = pytest.mark.parametrize("seed", range(6))


def drawn(paper: CheckPaper, seed: int) -> Sheet:
    draw, size_px = DRAWN[paper.kind]
    sheet = blank(*size_px)
    draw(sheet, paper, dice(seed), hand(dice(seed, 2)))
    return sheet


@KINDS
@SEEDS
def test_every_text_is_on_the_check(kind: CheckKind, seed: int) -> None:
    paper = papers.check(kind)
    picture = drawn(paper, seed).image
    assert drawn(paper, seed).image.tobytes() == picture.tobytes()
    assert 0.005 < ink(picture) < 0.2
    for field in (*texts(paper), "serial", "bank_name"):
        changed = drawn(reversed_text(paper, field), seed)
        assert changed.image.tobytes() != picture.tobytes(), field


@SEEDS
def test_the_reference_of_a_bill_payment_is_printed(seed: int) -> None:
    paper = papers.check(CheckKind.BILL_PAY)
    renumbered = replace(paper, reference_text="Account: 9999999904")
    assert drawn(paper, seed).image.tobytes() != drawn(renumbered, seed).image.tobytes()


@SEEDS
def test_a_signed_check_has_more_ink_at_the_bottom_right(seed: int) -> None:
    for kind in (CheckKind.CASHIERS, CheckKind.MONEY_ORDER):
        width, height = DRAWN[kind][1]
        box = (width // 2, height * 55 // 100, width, height)
        signed, unsigned = (drawn(papers.check(kind, signer=signer), seed).image for signer in ("L Ruiz", None))
        assert ink(signed, box) > ink(unsigned, box) + 0.0005


def test_money_orders_name_a_limit_that_the_amount_does_not_exceed() -> None:
    """The limit is printed on the right under the box for the amount, for small amounts only."""
    box = (1050, 300, 1340, 336)
    small, large = (
        sum(
            ink(drawn(papers.check(CheckKind.MONEY_ORDER, amount_cents=cents), seed).image, box) > 0
            for seed in range(20)
        )
        for cents in (41_250, 250_000)
    )
    assert small > large
