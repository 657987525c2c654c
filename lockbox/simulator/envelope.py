"""One envelope as its sender filled it: the papers of a story and what is true about each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from lockbox.contract.master import Master
from lockbox.mail.reason import Reason
from lockbox.simulator import phrasing
from lockbox.simulator.debts import Debts, Owed
from lockbox.simulator.lender_terms import Terms
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper
from lockbox.simulator.payment import MONEY_ORDER_LIMIT_CENTS, Check, CheckWriter
from lockbox.simulator.people import make_customers
from lockbox.simulator.portfolio import with_check_digits
from lockbox.simulator.scenarios import EXACT, EnvelopeMix, Story
from lockbox.simulator.truth import TrueItem, TrueLine
from ocr.fields.coupon import barcode_payload, compose
from ocr.reading import CheckKind

LETTERS = {"paid_in_full": Reason.PAID_IN_FULL, "address": Reason.NEW_ADDRESS, "question": Reason.DISPUTED,
           "bankruptcy": Reason.BANKRUPTCY_NOTICE}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One paper. Papers with the same `drawn_as` are the same sheet, scanned again."""

    paper: Paper
    truth: TrueItem
    drawn_as: str


@dataclass(frozen=True, slots=True)
class Draft:
    """One envelope that has no place in a batch yet. `place` binds it: "overnight", "wrong_box", "" anywhere."""

    product: str
    place: str
    parts: tuple[Part, ...]


class Writer:
    """Everybody who writes to the lender on one day. Each contract pays once; whose turn it is moves on by day."""

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
        self.taken = frozenset(int(one.account_number[:8]) for one in master.contracts)
        self.written = 0

    def write(self, story: Story) -> tuple[Draft, ...]:
        """The envelopes of a story: one, or two that belong together (twins, a check scanned twice)."""
        self.written += 1
        shape = self._shape(story)
        owed = self.debts.next(story.contract, firm=shape == "business")
        if owed is None:  # a small portfolio has not everything
            story, shape = EXACT, "coupon"
            owed = self.debts.next("current") or self.debts.waiting.pop(0)
        if shape == "several_coupons":
            return (self._several_coupons(story, owed),)
        if story.twist == "unknown_account":
            owed = self._stranger(owed)
        parts = _SHAPES[shape](self, story, owed)
        place = story.twist if story.twist in ("overnight", "wrong_box") else ""
        draft = Draft(owed.contract.product, place, parts)
        if story.twist == "duplicate":
            return draft, self._scanned_again(draft)
        return (draft, self._twin(draft)) if story.twist == "twins" else (draft,)

    def _shape(self, story: Story) -> str:
        shares = [self.shares.get(shape, 1.0) for shape in story.shapes]
        return self.rng.choices(story.shapes, shares)[0]

    def _stranger(self, like: Owed) -> Owed:
        """Somebody whose account number looks right and is not in the master."""
        body = self.rng.randrange(10_000_000, 100_000_000)
        while body in self.taken:
            body += 1
        ((customer, _),) = make_customers(self.seed + 1, 90_000_000 + self.written, 1)
        contract = replace(like.contract, account_number=with_check_digits(body), customer_no=customer.customer_no)
        return replace(like, contract=contract, customer=customer)

    # What may lie in an envelope

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
        """A firm's check, mostly with its coupon."""
        coupon = self.rng.random() < 0.7
        check = self.checks.check(
            story, owed, CheckKind.BUSINESS, number_on_check=not coupon or self.rng.random() < 0.5
        )
        part = self._check_part(check)
        return (part, self._coupon_part(story, owed, check.truth.amount_cents)) if coupon else (part,)

    def bank_paper(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """A money order, or for large amounts a cashier's check."""
        small = self.checks.amount(story, owed, Random(0)) <= MONEY_ORDER_LIMIT_CENTS
        kind = CheckKind.MONEY_ORDER if small and self.rng.random() < 0.65 else CheckKind.CASHIERS
        coupon = self.rng.random() < 0.6
        check = self.checks.check(story, owed, kind, number_on_check=not coupon or self.rng.random() < 0.5)
        part = self._check_part(check)
        return (part, self._coupon_part(story, owed, check.truth.amount_cents)) if coupon else (part,)

    def several_checks(self, story: Story, owed: Owed) -> tuple[Part, ...]:
        """Two checks that together pay what one coupon asks for."""
        first_cents = self.rng.randrange(owed.due_cents // 3 // 100, owed.due_cents * 2 // 3 // 100) * 100
        kinds = [CheckKind.MONEY_ORDER] * 2 if self.rng.random() < 0.3 else [CheckKind.PERSONAL] * 2
        checks = [
            self.checks.check(story, owed, kind, number_on_check=False, cents=cents)
            for kind, cents in zip(kinds, (first_cents, owed.due_cents - first_cents), strict=True)
        ]
        return (*(self._check_part(one, at) for at, one in enumerate(checks)), self._coupon_part(story, owed, None))

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
        owners = [first, *self.debts.others_of(first)]
        total = sum(one.due_cents for one in owners)
        cents = total - self.rng.randrange(2_000, 9_000) if story.amount == "short" else total
        check = self.checks.check(story, first, CheckKind.PERSONAL, number_on_check=False, cents=cents)
        lines = tuple(TrueLine(one.contract.account_number, one.due_cents) for one in owners)
        check = Check(check.paper, replace(check.truth, lines=() if story.amount == "short" else lines))
        coupons = [self._coupon_part(story, one, None, at) for at, one in enumerate(owners)]
        return Draft(first.contract.product, "", (self._check_part(check), *coupons))

    def _check_part(self, check: Check, at: int = 0) -> Part:
        return Part(check.paper, check.truth, f"{self.written}/check{at}")

    def _coupon_part(self, story: Story, owed: Owed, paid_cents: int | None, at: int = 0) -> Part:
        number, product = owed.contract.account_number, owed.contract.product
        line = compose(number, owed.due_cents, owed.due_on)
        town = self.terms.regular.town
        paid = phrasing.figures(self.rng, paid_cents, CheckKind.PERSONAL) if paid_cents else None
        paper = CouponPaper(
            account_number=number,
            amount_due_cents=owed.due_cents,
            due_on=owed.due_on,
            scan_line=line,
            barcode=barcode_payload(line),
            customer_lines=(owed.customer.name, *owed.customer.address_lines),
            remit_lines=(self.terms.payees[product][0], f"P.O. Box {self.terms.regular.boxes[product]}", town),
            enclosed_text=paid if self.rng.random() < 0.6 else None,
        )
        truth = TrueItem(
            "", "", 0, 0, "coupon", story.name, "support",
            amount_cents=owed.due_cents, dated_on=owed.due_on.isoformat(), account_number=number,
        )  # fmt: skip
        return Part(paper, truth, f"{self.written}/coupon{at}")

    def _letter_part(self, story: Story, owed: Owed, about: str) -> Part:
        number = owed.contract.account_number
        written_on = self.day - timedelta(days=self.rng.randint(2, 6))
        own = Random(f"letter:{number}:{written_on}")
        lines = phrasing.letter(
            self.rng, about, owed.customer.name, owed.customer.address_lines, number, written_on, own
        )
        reasons = [str(Reason.CORRESPONDENCE)] + ([str(LETTERS[about])] if about in LETTERS else [])
        truth = TrueItem(
            "", "", 0, 0, "letter", story.name, "review", reasons=tuple(reasons), account_number=number
        )  # fmt: skip
        return Part(LetterPaper(lines, by_hand=self.rng.random() < 0.5), truth, f"{self.written}/letter")

    def _scanned_again(self, draft: Draft) -> Draft:
        """The first of the two is as good as any; the second must be held."""
        held = [
            replace(part.truth, outcome="review", must_stop=True, reasons=(str(Reason.DUPLICATE),), lines=())
            if part.truth.kind == "check"
            else part.truth
            for part in draft.parts
        ]
        parts = tuple(replace(part, truth=truth) for part, truth in zip(draft.parts, held, strict=True))
        return replace(draft, parts=parts)

    def _twin(self, draft: Draft) -> Draft:
        """The next check of the same book for the same amount, in an envelope of its own: two honest payments."""
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
