"""Which contract a document is for: every source of evidence is scored against our own contract master."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from lockbox.lender.account_number import SUPPORT_NATS, NumberRule
from ocr.reading import Candidate

CODE_SPACE = 10**10  # ten-digit numbers that could be written
FOREIGN_SHARE = 0.01  # prior chance that a payment is for nobody in the master
SLIP_SHARE = 0.002  # prior chance that a customer writes a number wrong (a digit, or two swapped)
SLIPS = 99  # ways to do so with ten digits: 9 swaps and 90 wrong digits
_NEVER = 1e-300
CLEAR = 0.9  # a number that is nobody's counts as such from this probability on

# How much more often each piece of evidence is seen with the right contract than with another one.
PAYER_KNOWN = 50.0
PAYER_OTHER = 0.3  # the payer's bank account is known, but from other contracts
NAME_SAME, NAME_OTHER = 20.0, 0.4
ADDRESS_SAME, ADDRESS_OTHER = 100.0, 0.7  # people move, and use up old checks
AMOUNT_EXPECTED, AMOUNT_ODD = 8.0, 40.0  # many people pay round amounts, hardly anybody else an odd one
ROUND_CENTS = 1_000


@dataclass(frozen=True, slots=True)
class ContractView:
    """What matching and deciding know of one contract. All amounts are open cents."""

    contract_id: int
    account_number: str
    product: str
    customer_name: str
    customer_address: str = ""  # lines
    flags: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()  # account tokens seen before
    installment_cents: int = 0
    past_due_cents: int = 0
    current_due_cents: int = 0
    fee_cents: int = 0
    balance_cents: int = 0  # what pays it off on the day
    quote_cents: int = 0  # of its highest valid payoff quote
    principal_only: bool = True  # whether its allocation order lets a payer ask for that

    @property
    def expected_cents(self) -> frozenset[int]:
        """The amounts that a payer of this contract may be expected to send."""
        due = self.past_due_cents + self.current_due_cents
        sums = {
            self.installment_cents,
            self.installment_cents * 2,
            self.past_due_cents,
            self.current_due_cents,
            due,
            due + self.fee_cents,
            self.balance_cents,
            self.quote_cents,
        }
        return frozenset(cents for cents in sums if cents > 0)


@dataclass(frozen=True, slots=True)
class Match:
    """One contract and the chance that it is the right one.

    `exact`: its number was read, by the lender's rule, and no other contract's comes close. Otherwise only a near miss,
    a doubtful reading or history leads to it, and nothing posts by itself.
    """

    contract: ContractView
    probability: float
    exact: bool = False


@dataclass(frozen=True, slots=True)
class PayerReading:
    """Who pays, as read from the check: possible tokens of the bank account, name, address and amounts.

    A name that was not read clearly (`clear`) may speak for a contract, since no other name looks like it by chance,
    but not against it.
    """

    tokens: frozenset[str] = frozenset()
    name: str = ""
    address: str = ""
    clear: bool = True
    amounts: frozenset[int] = frozenset()


NOBODY = PayerReading()


@dataclass(frozen=True, slots=True)
class Matching:
    """All possible contracts, best first, and whether there was a number at all."""

    matches: tuple[Match, ...]
    foreign: bool  # a valid number was read clearly, and it belongs to no contract of ours
    unread: bool  # there was no number to go by

    @property
    def best(self) -> Match | None:
        """The likeliest contract."""
        return self.matches[0] if self.matches else None


def match(
    numbers: Sequence[Candidate],
    contracts: Mapping[str, ContractView],
    master_size: int,
    rule: NumberRule,
    payer: PayerReading = NOBODY,
) -> Matching:
    """Scores the contracts that `numbers` (readings of one account number) could mean.

    `contracts` holds, by account number, every contract that the readings, their near misses or the payer's bank
    account lead to; `master_size` is how many contracts there are. The chance that a number is in the master by
    accident is the master's density, so one good reading of a number with check digits is strong by itself, and a
    dense master takes more evidence. A contract that only the payer's account leads to stays weak: history is a prior,
    never the only proof.
    """
    written = {candidate.value: likelihood(candidate) for candidate in numbers}
    factors = {number: _second_factors(contract, payer) for number, contract in contracts.items()}
    weights: dict[str, float] = {}
    for number in contracts:
        image = written.get(number) or _slip_likelihood(number, written)
        if image > 0:
            weights[number] = (1 - FOREIGN_SHARE) / max(master_size, 1) * image * factors[number]
    if not weights:
        return Matching(_by_history(contracts, payer, factors), foreign=_is_foreign(numbers, rule), unread=not numbers)
    foreign = FOREIGN_SHARE / CODE_SPACE * sum(p for number, p in written.items() if number not in contracts)
    rest = max(0.0, 1.0 - sum(written.values())) / CODE_SPACE  # the right number may be none of those listed
    total = sum(weights.values()) + foreign + rest
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    exact = _exact(ranked, written, weights, factors, rule)
    return Matching(
        tuple(Match(contracts[number], weights[number] / total, number == exact) for number in ranked),
        foreign=not set(written) & set(weights) and _is_foreign(numbers, rule),
        unread=False,
    )


def _slip_likelihood(number: str, written: Mapping[str, float]) -> float:
    """P(image | number) if the customer wrote the number with a slip."""
    return SLIP_SHARE / SLIPS * sum(p for read, p in written.items() if is_slip(read, number))


def likelihood(candidate: Candidate) -> float:
    """P(image | number): the reader's own where it gives one, else the probability of the value."""
    return candidate.probability if candidate.log_likelihood is None else math.exp(candidate.log_likelihood)


def _exact(
    ranked: Sequence[str],
    written: Mapping[str, float],
    weights: Mapping[str, float],
    factors: Mapping[str, float],
    rule: NumberRule,
) -> str | None:
    """The first number, if the lender's rule accepts it."""
    best = ranked[0]
    ahead = math.log(weights[best] / weights[ranked[1]]) if len(ranked) > 1 else math.inf
    second_factors = math.log(factors[best])
    is_accepted = (
        rule.is_valid(best)
        and math.log(written.get(best) or _NEVER) + min(max(second_factors, 0.0), SUPPORT_NATS) >= -rule.within_nats
        and ahead >= rule.ahead_nats
        and second_factors >= (rule.second_factor_nats or -math.inf)
    )
    return best if is_accepted else None


def near_numbers(number: str, rule: NumberRule) -> list[str]:
    """Valid numbers one slip away: two neighboring digits swapped or one digit wrong."""
    swapped = [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)]
    wrong = [
        number[:i] + digit + number[i + 1 :] for i in range(len(number)) for digit in "0123456789" if digit != number[i]
    ]
    return sorted({near for near in swapped + wrong if near != number and rule.is_valid(near)})


def is_slip(written: str, meant: str) -> bool:
    """Whether one wrong digit, or two neighboring digits swapped, turns one number into the other."""
    if len(written) != len(meant):
        return False
    wrong = [i for i in range(len(meant)) if written[i] != meant[i]]
    if len(wrong) == 2:
        first, second = wrong
        return second == first + 1 and written[first] == meant[second] and written[second] == meant[first]
    return len(wrong) == 1


def same_name(read: str, name: str) -> float:
    """How alike two names are, 0 to 1; the order and case of their words and lost spaces do not matter."""
    return _alike(read.casefold(), name.casefold()) if read and name else 0.0


def same_address(read: str, address: str) -> float:
    """How alike two addresses are, 0 to 1; case, commas and the order of words do not matter."""
    plain = (" ".join(text.casefold().replace(",", " ").split()) for text in (read, address))
    return _alike(*plain) if read and address else 0.0


def _alike(read: str, text: str) -> float:
    without_spaces = fuzz.ratio("".join(read.split()), "".join(text.split()))
    return max(fuzz.token_sort_ratio(read, text), without_spaces) / 100


def _second_factors(contract: ContractView, payer: PayerReading) -> float:
    """How much more likely the rest of the check is if it is for this contract."""
    factor = 1.0
    name_other, address_other = (NAME_OTHER, ADDRESS_OTHER) if payer.clear else (1.0, 1.0)
    if payer.tokens and contract.payers:
        factor *= PAYER_KNOWN if payer.tokens & contract.payers else PAYER_OTHER
    if payer.name:
        alike = same_name(payer.name, contract.customer_name)
        factor *= NAME_SAME if alike >= 0.85 else name_other if alike < 0.5 else 1.0
    if payer.address and contract.customer_address:
        alike = same_address(payer.address, contract.customer_address)
        factor *= ADDRESS_SAME if alike >= 0.85 else address_other if alike < 0.5 else 1.0
    expected = payer.amounts & contract.expected_cents
    if expected:
        factor *= AMOUNT_ODD if any(cents % ROUND_CENTS for cents in expected) else AMOUNT_EXPECTED
    return factor


def _is_foreign(numbers: Sequence[Candidate], rule: NumberRule) -> bool:
    """Whether a number was read clearly that the lender may have assigned: any one, without check digits."""
    best = max(numbers, key=lambda candidate: candidate.probability, default=None)
    return best is not None and best.probability >= CLEAR and rule.is_valid(best.value)


def _by_history(
    contracts: Mapping[str, ContractView], payer: PayerReading, factors: Mapping[str, float]
) -> tuple[Match, ...]:
    """The payer's contracts if no number was read: for a reviewer to choose from, never sure enough to post."""
    weights = {number: factors[number] for number, contract in contracts.items() if payer.tokens & contract.payers}
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    return tuple(Match(contracts[number], 0.9 * weights[number] / total) for number in ranked)
