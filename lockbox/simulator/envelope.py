"""One envelope as its sender filled it: the papers of a story and the truth about each paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from lockbox.contract.master import Master
from lockbox.mail.reason import Reason
from lockbox.simulator import instructions, phrasing
from lockbox.simulator.debts import Debts, Owed
from lockbox.simulator.lender_terms import Terms
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper
from lockbox.simulator.payment import MONEY_ORDER_LIMIT_CENTS, Check, CheckWriter
from lockbox.simulator.people import make_customers
from lockbox.simulator.portfolio import with_check_digits
from lockbox.simulator.scenarios import EXACT, EnvelopeMix, Story
from lockbox.simulator.truth import TrueItem, TrueLine, unplaced_item
from ocr.fields.coupon import barcode_payload, compose
from ocr.reading import CheckKind

LETTERS = {
    "paid_in_full": Reason.PAID_IN_FULL,
    "address": Reason.NEW_ADDRESS,
    "question": Reason.DISPUTED,
    "bankruptcy": Reason.BANKRUPTCY_NOTICE,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One paper. Papers with the same `drawn_as` are one sheet, scanned twice."""

    paper: Paper
    truth: TrueItem
    drawn_as: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One envelope not yet in a batch. `place` says where it must go: "overnight", "wrong_box", or "" anywhere."""

    product: str
    place: str
    parts: tuple[Part, ...]


class Writer:
    """Everybody who writes to the lender on one day. Each contract pays once; another day takes other contracts."""

    def __init__(
        self,
        master: Master,
        seed: int,
        business_date: date,
        terms: Terms,
        mix: EnvelopeMix,
        envelopes: int,
        rng: Random,
    ) -> None:
        self.seed, self.day, self.terms, self.rng = seed, business_date, terms, rng
        self.shares = {name: getattr(mix, name) for name in EnvelopeMix.__slots__}
        self.debts = Debts(master, seed, business_date, envelopes, terms)
        self.checks = CheckWriter(seed, business_date, terms, rng)
        self.taken = frozenset(int(contract.account_number[:8]) for contract in master.contracts)
        self.written = 0

    def write(self, story: Story) -> tuple[Draft, ...]:
        """The envelopes of a story: one, or two that belong together (twins, a check scanned twice)."""
        self.written += 1
        shape = self._shape(story)
        owed = self.debts.next(story.contract, firm=shape == "business")
        if owed is None:  # a small portfolio does not have every kind of contract
            story, shape = EXACT, "coupon"
            owed = self.debts.next("current") or self.debts.waiting.pop(0)
        if shape == "several_coupons":
            return (self._several_coupons(story, owed),)
        if story.twist == "unknown_account":
            owed = self._stranger(owed)
        parts = self._asking(_SHAPES[shape](self, story, owed), story, owed)
        place = story.twist if story.twist in ("overnight", "wrong_box") else ""
        draft = Draft(owed.contract.product, place, parts)
        if story.twist == "duplicate":
            return draft, self._second_scan(draft)
        return (draft, self._twin(draft)) if story.twist == "twins" else (draft,)

    def _shape(self, story: Story) -> str:
        shares = [self.shares.get(shape, 1.0) for shape in story.shapes]
        return self.rng.choices(story.shapes, shares)[0]

    def _asking(self, parts: tuple[Part, ...], story: Story, owed: Owed) -> tuple[Part, ...]:
        """The papers of a loan, some of them with the payer's instruction."""
        if owed.contract.product != "loan":
            return parts
        papers = tuple((part.paper, part.truth) for part in parts)
        asked = instructions.asking(papers, story.name, owed.contract.account_number, self.day)
        return tuple(replace(part, paper=paper, truth=truth) for part, (paper, truth) in zip(parts, asked, strict=True))

    def _stranger(self, like: Owed) -> Owed:
        """Somebody whose account number is valid but not in the master."""
        body = self.rng.randrange(10_000_000, 100_000_000)
        while body in self.taken:
            body += 1
        ((customer, _),) = make_customers(self.seed + 1, 90_000_000 + self.written, 1)
        contract = replace(like.contract, account_number=with_check_digits(body), customer_no=customer.customer_no)
        return replace(like, contract=contract, customer=customer)

    # What an envelope may hold

    def with_coupon(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A personal check and its coupon."""
        check = self.checks.check(story, owed, CheckKind.PERSONAL, number_on_check=self.rng.random() < 0.3)
        return self._check_part(check), self._coupon_part(story, owed, check.truth.amount_cents)

    def check_alone(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A personal check with the account number in its memo line."""
        return (self._check_part(self.checks.check(story, owed, CheckKind.PERSONAL, number_on_check=True)),)

    def bill_pay(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A check printed by a bill-payment service."""
        return (self._check_part(self.checks.check(story, owed, CheckKind.BILL_PAY, number_on_check=True)),)

    def business(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A firm's check, usually with its coupon."""
        return self._with_or_without_coupon(story, owed, CheckKind.BUSINESS, coupon_share=0.7)

    def bank_paper(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A money order, or for large amounts a cashier's check."""
        small = self.checks.amount(story, owed, Random(0)) <= MONEY_ORDER_LIMIT_CENTS
        kind = CheckKind.MONEY_ORDER if small and self.rng.random() < 0.65 else CheckKind.CASHIERS
        return self._with_or_without_coupon(story, owed, kind, coupon_share=0.6)

    def _with_or_without_coupon(
        self, story: Story, owed: Owed, kind: CheckKind, coupon_share: float
    ) -> tuple[Part, ...]:
        """A check, and in a share of the envelopes its coupon; without one the check names the account."""
        has_coupon = self.rng.random() < coupon_share
        check = self.checks.check(story, owed, kind, number_on_check=not has_coupon or self.rng.random() < 0.5)
        part = self._check_part(check)
        return (part, self._coupon_part(story, owed, check.truth.amount_cents)) if has_coupon else (part,)

    def several_checks(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """Two checks that together pay what one coupon asks for."""
        first_cents = self.rng.randrange(owed.due_cents // 3 // 100, owed.due_cents * 2 // 3 // 100) * 100
        kinds = [CheckKind.MONEY_ORDER] * 2 if self.rng.random() < 0.3 else [CheckKind.PERSONAL] * 2
        checks = [
            self.checks.check(story, owed, kind, number_on_check=False, cents=cents)
            for kind, cents in zip(kinds, (first_cents, owed.due_cents - first_cents), strict=True)
        ]
        return (*(self._check_part(check, at) for at, check in enumerate(checks)), self._coupon_part(story, owed, None))

    def coupon_only(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A coupon whose check was forgotten."""
        part = self._coupon_part(story, owed, None)
        return (replace(part, truth=replace(part.truth, outcome="review", reasons=(str(Reason.NO_CHECK),))),)

    def letter_only(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A letter without money."""
        about = self.rng.choice(["address", "hardship", "question"])
        if about == "hardship" and int(owed.contract.account_number) % 2:
            about = "bankruptcy"
        return (self._letter_part(story, owed, about),)

    def check_and_letter(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A check, its coupon, and a letter."""
        about = "paid_in_full" if story.twist == "paid_in_full_letter" else self.rng.choice(["enclosed", "address"])
        check, coupon = self.with_coupon(story, owed)
        return check, coupon, self._letter_part(story, owed, about)

    def _several_coupons(self, story: Story, first: Owed) -> Draft:
        """One check for two or three contracts of the same customer."""
        debts = [first, *self.debts.further_contracts(first)]
        total = sum(owed.due_cents for owed in debts)
        cents = total - self.rng.randrange(2_000, 9_000) if story.amount == "short" else total
        check = self.checks.check(story, first, CheckKind.PERSONAL, number_on_check=False, cents=cents)
        lines = tuple(TrueLine(owed.contract.account_number, owed.due_cents) for owed in debts)
        check = Check(check.paper, replace(check.truth, lines=() if story.amount == "short" else lines))
        coupons = [self._coupon_part(story, owed, None, at) for at, owed in enumerate(debts)]
        return Draft(first.contract.product, "", (self._check_part(check), *coupons))

    def _check_part(self, check: Check, at: int = 0) -> Part:
        return Part(check.paper, check.truth, f"{self.written}/check{at}")

    def _coupon_part(self, story: Story, owed: Owed, paid_cents: int | None, at: int = 0) -> Part:
        number, product = owed.contract.account_number, owed.contract.product
        line = compose(number, owed.due_cents, owed.due_on)
        paid = phrasing.figures(self.rng, paid_cents, CheckKind.PERSONAL) if paid_cents else None
        paper = CouponPaper(
            account_number=number,
            amount_due_cents=owed.due_cents,
            due_on=owed.due_on,
            scan_line=line,
            barcode=barcode_payload(line),
            customer_lines=(owed.customer.name, *owed.customer.address_lines),
            remit_lines=(
                self.terms.payees[product][0],
                f"P.O. Box {self.terms.regular.boxes[product]}",
                self.terms.regular.towns[product],
            ),
            enclosed_text=paid if self.rng.random() < 0.6 else None,
        )
        truth = unplaced_item(
            "coupon",
            story.name,
            "support",
            amount_cents=owed.due_cents,
            dated_on=owed.due_on.isoformat(),
            account_number=number,
        )
        return Part(paper, truth, f"{self.written}/coupon{at}")

    def _letter_part(self, story: Story, owed: Owed, about: str) -> Part:
        number = owed.contract.account_number
        written_on = self.day - timedelta(days=self.rng.randint(2, 6))
        body_rng = Random(f"letter:{number}:{written_on}")
        lines = phrasing.letter(
            self.rng, about, owed.customer.name, owed.customer.address_lines, number, written_on, body_rng
        )
        reasons = [str(Reason.CORRESPONDENCE)] + ([str(LETTERS[about])] if about in LETTERS else [])
        truth = unplaced_item("letter", story.name, "review", reasons=tuple(reasons), account_number=number)
        return Part(LetterPaper(lines, by_hand=self.rng.random() < 0.5), truth, f"{self.written}/letter")

    def _second_scan(self, draft: Draft) -> Draft:
        """The same sheets again: the first scan of the check may post, the second must stop."""
        stopped: dict[str, Any] = {
            "outcome": "review",
            "must_stop": True,
            "reasons": (str(Reason.DUPLICATE),),
            "lines": (),
        }
        truths = [replace(part.truth, **stopped) if part.truth.kind == "check" else part.truth for part in draft.parts]
        parts = tuple(replace(part, truth=truth) for part, truth in zip(draft.parts, truths, strict=True))
        return replace(draft, parts=parts)

    def _twin(self, draft: Draft) -> Draft:
        """The next check of the same checkbook for the same amount, in its own envelope: two honest payments."""
        twins = []
        for part in draft.parts:
            paper, truth = part.paper, part.truth
            if isinstance(paper, CheckPaper):
                serial = str(int(paper.serial) + 1)
                paper, truth = replace(paper, serial=serial), replace(truth, serial=serial)
            twins.append(Part(paper, truth, part.drawn_as + "twin"))
        return replace(draft, parts=tuple(twins))


_SHAPES: Mapping[str, Callable[[Writer, Story, Owed], tuple[Part, ...]]] = {
    "coupon": Writer.with_coupon,
    "memo": Writer.check_alone,
    "bill_pay": Writer.bill_pay,
    "business": Writer.business,
    "bank": Writer.bank_paper,
    "several_checks": Writer.several_checks,
    "coupon_only": Writer.coupon_only,
    "letter_only": Writer.letter_only,
    "check_letter": Writer.check_and_letter,
}
