"""A check as its payer writes it: account, amount, payee, date, and what is unusual about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from lockbox.mail.reason import Reason
from lockbox.simulator import letters, phrasing
from lockbox.simulator.debts import Owed
from lockbox.simulator.lender_terms import Terms
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.people import (
    BankAccount,
    bank_accounts,
    bank_routing,
    pools,
    service_account,
    uses_service,
)
from lockbox.simulator.scenarios import Story
from lockbox.simulator.truth import TrueItem, TrueLine, unplaced_item
from ocr.reading import CheckKind, Topic

ISSUERS = (  # of money orders and cashier's checks: bank name, bank, account
    ("Prairie Express Money Orders", 40, "40071125"),
    ("Corner Store Money Order Co.", 41, "8800213"),
    ("First Prairie Bank", 0, "9000417"),
    ("Bluebonnet Valley Bank", 3, "70015590"),
)
MONEY_ORDER_LIMIT_CENTS = 100_000


@dataclass(frozen=True, slots=True)
class Check:
    """A check as it is being written: paper and truth change together."""

    paper: CheckPaper
    truth: TrueItem


class CheckWriter:
    """Writes the checks of one day. `seed` must be the portfolio's, so that payers draw on their own accounts."""

    def __init__(self, seed: int, business_date: date, terms: Terms, rng: Random) -> None:
        self.seed, self.day, self.terms, self.rng = seed, business_date, terms, rng

    def check(
        self, story: Story, owed: Owed, kind: CheckKind, *, number_on_check: bool, cents: int | None = None
    ) -> Check:
        """The check of a story for what is owed, or for `cents`, with or without the account number on it."""
        cents = cents if cents is not None else self.amount(story, owed, self.rng)
        account, serial, drawer = self._drawn_on(owed, kind)
        written_on = self.day - timedelta(days=self.rng.randint(1, 9))
        payee = self.terms.payees[owed.contract.product][-1 if story.amount == "payoff" else 0]
        paper = self._paper(owed, kind, cents, account, serial, drawer, payee, written_on, number_on_check)
        truth = unplaced_item(
            "check",
            story.name,
            story.outcome,
            must_stop=story.must_stop,
            reasons=tuple(sorted([*map(str, story.reasons), *(f"flag_{flag}" for flag in owed.flags)])),
            lines=(TrueLine(owed.contract.account_number, cents),),
            amount_cents=cents,
            check_kind=str(kind),
            routing=account.routing,
            bank_account=account.bank_account,
            serial=serial,
            payee=payee,
            dated_on=written_on.isoformat(),
            account_number=owed.contract.account_number if number_on_check else "",
        )
        twist = _TWISTS.get(story.twist)
        check = twist(self, Check(paper, truth)) if twist else Check(paper, truth)
        return self._stop_partial(check, story)

    def _paper(
        self,
        owed: Owed,
        kind: CheckKind,
        cents: int,
        account: BankAccount,
        serial: str,
        drawer: str,
        payee: str,
        written_on: date,
        number_on_check: bool,
    ) -> CheckPaper:
        rng, number = self.rng, owed.contract.account_number
        reference = phrasing.typed_reference(rng, number) if kind is CheckKind.BILL_PAY else None
        harmless = self._harmless_memo(kind, number, serial)
        return CheckPaper(
            kind=kind,
            payer_lines=(drawer, *owed.customer.address_lines),
            bank_name=account.bank_name,
            routing=account.routing,
            bank_account=account.bank_account,
            serial=serial,
            payee=phrasing.written_payee(rng, payee, kind),
            amount_cents=cents,
            courtesy_text=phrasing.figures(rng, cents, kind),
            legal_text=phrasing.words(rng, cents, kind, Random(f"ending:{number}:{serial}")),
            date_text=phrasing.written_date(rng, written_on, kind),
            memo_text=phrasing.written_number(rng, number) if number_on_check and not reference else harmless,
            signer=self._signer(owed, kind),
            reference_text=reference,
        )

    def _harmless_memo(self, kind: CheckKind, account_number: str, serial: str) -> str | None:
        """A memo line that does not matter to the posting, sometimes in the payer's own words."""
        memo = (
            self.rng.choice(phrasing.HARMLESS) if self.rng.random() < 0.4 and kind is not CheckKind.BILL_PAY else None
        )
        memo_rng = Random(f"memo:{account_number}:{serial}")
        if memo and memo_rng.random() < letters.OWN_WORDS:
            return letters.memo(memo_rng, "")
        return memo

    def _stop_partial(self, check: Check, story: Story) -> Check:
        """A lender that accepts no partial payments reviews each of them."""
        stops = Reason.UNDERPAID in story.reasons and not self.terms.accept_partial and story.name != "several_checks"
        return Check(check.paper, replace(check.truth, outcome="review", must_stop=True)) if stops else check

    def amount(self, story: Story, owed: Owed, rng: Random) -> int:
        """What the payer of this story pays, in cents."""
        due = owed.due_cents
        if story.amount == "short":
            return max(1_000, round(due * rng.uniform(0.4, 0.92)) // 100 * 100)
        amounts = {
            "due": due,
            "installment": owed.installment_cents,
            "cents_short": due - min(self.terms.underpaid_tolerance_cents, due // 100) // 2,
            "rounded": due + (5_000 - due % 5_000),
            "double": min(due * 2, owed.balance_cents),  # nobody doubles the last payment
            "payoff": owed.balance_cents,
            "too_much": owed.balance_cents + 25_000,
        }
        return amounts[story.amount]

    def _drawn_on(self, owed: Owed, kind: CheckKind) -> tuple[BankAccount, str, str]:
        """The account that a check is drawn on, its serial number, and the name printed as its drawer."""
        rng, name = self.rng, owed.customer.name
        if kind in (CheckKind.MONEY_ORDER, CheckKind.CASHIERS):
            bank_name, bank, number = rng.choice(ISSUERS[:2] if kind is CheckKind.MONEY_ORDER else ISSUERS[2:])
            account = BankAccount(bank_name, bank_routing(bank), number, known=False)
            return account, str(rng.randrange(10**8, 10**9)), name
        service = uses_service(owed.contract.account_number)
        if kind is CheckKind.BILL_PAY and service is not None:
            return service_account(service), str(rng.randrange(10**7, 10**8)), name
        accounts = bank_accounts(self.seed, owed.customer.customer_no)
        account = accounts[0] if rng.random() < 0.85 else accounts[-1]
        digits = {CheckKind.BILL_PAY: (10**7, 10**8), CheckKind.BUSINESS: (10_000, 999_999)}.get(kind, (101, 9_900))
        return account, str(rng.randrange(*digits)), name.upper() if rng.random() < 0.4 else name

    def _signer(self, owed: Owed, kind: CheckKind) -> str | None:
        if kind is CheckKind.BILL_PAY:
            return None
        if kind is CheckKind.CASHIERS or owed.firm:
            words = pools(self.seed)
            return f"{self.rng.choice(words.given)} {self.rng.choice(words.family)}"
        return owed.customer.name

    def stale(self, check: Check) -> Check:
        """Written more than six months ago, and after the contract began."""
        return self._dated(check, self.day - timedelta(days=self.rng.randint(200, 400)))

    def post_dated(self, check: Check) -> Check:
        """Dated some weeks ahead."""
        return self._dated(check, self.day + timedelta(days=self.rng.randint(6, 45)))

    def _dated(self, check: Check, day: date) -> Check:
        text = phrasing.written_date(self.rng, day, check.paper.kind)
        return Check(replace(check.paper, date_text=text), replace(check.truth, dated_on=day.isoformat()))

    def undated(self, check: Check) -> Check:
        """Without a date."""
        return Check(replace(check.paper, date_text=None), replace(check.truth, dated_on=""))

    def unsigned(self, check: Check) -> Check:
        """Nobody signed."""
        return Check(replace(check.paper, signer=None), check.truth)

    def words_differ(self, check: Check) -> Check:
        """Words and figures differ: a slip in either; the words control (UCC 3-114)."""
        paper, cents = check.paper, check.paper.amount_cents
        slip_cents = self.rng.choice(
            [cents + 10_000, cents + 1_000, cents - 10_000 if cents > 15_000 else cents + 2_000]
        )
        ending_rng = Random(f"ending:{check.truth.account_number}:{paper.serial}")
        # Drawn in either case, so that the rest of the day stays the same.
        words = phrasing.words(self.rng, slip_cents, paper.kind, ending_rng)
        slip_rng = Random(f"{paper.serial} {cents}")
        if slip_rng.random() < 0.5:
            figures = phrasing.figures(slip_rng, slip_cents, paper.kind)
            return Check(replace(paper, amount_cents=slip_cents, courtesy_text=figures), check.truth)
        lines = (TrueLine(check.truth.lines[0].account_number, slip_cents),)
        return Check(replace(paper, legal_text=words), replace(check.truth, amount_cents=slip_cents, lines=lines))

    def wrong_payee(self, check: Check) -> Check:
        """Made out to somebody else."""
        payee = self.rng.choice(phrasing.STRANGERS)
        return Check(replace(check.paper, payee=payee), replace(check.truth, payee=payee))

    def paid_in_full(self, check: Check) -> Check:
        """A restrictive phrase in the memo line, or on the back."""
        memo = self.rng.choice(phrasing.PAID_IN_FULL)
        memo_rng = Random(f"memo:{check.truth.account_number}:{check.paper.serial}")
        if memo_rng.random() < letters.OWN_WORDS:
            memo = letters.memo(memo_rng, Topic.SETTLES)
        if memo_rng.random() < letters.ON_BACKS:
            return Check(replace(check.paper, back_lines=letters.on_back(memo_rng)), check.truth)
        paper = replace(check.paper, memo_text=memo)
        return Check(paper, replace(check.truth, account_number=""))

    def transposed(self, check: Check) -> Check:
        """Two digits of the account number swapped, which the check digits reveal."""
        wrong = phrasing.swapped(self.rng, check.truth.account_number)
        memo = (check.paper.memo_text or "").replace(check.truth.account_number, wrong)
        return Check(replace(check.paper, memo_text=memo), replace(check.truth, account_number=wrong))

    def unknown_account(self, check: Check) -> Check:
        """The number belongs to nobody, so no contract can get the money."""
        return Check(check.paper, replace(check.truth, lines=()))


_TWISTS: Mapping[str, Callable[[CheckWriter, Check], Check]] = {
    "stale": CheckWriter.stale,
    "post_dated": CheckWriter.post_dated,
    "undated": CheckWriter.undated,
    "unsigned": CheckWriter.unsigned,
    "words_differ": CheckWriter.words_differ,
    "wrong_payee": CheckWriter.wrong_payee,
    "paid_in_full": CheckWriter.paid_in_full,
    "transposed": CheckWriter.transposed,
    "unknown_account": CheckWriter.unknown_account,
}
