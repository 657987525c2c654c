"""Which contract a document means: every source of evidence scored against the contract master we own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from lockbox.lender.account_number import SUPPORT_NATS, NumberRule
from ocr.reading import Candidate

CODE_SPACE = 10**10  # ten-digit numbers that could be written
FOREIGN_SHARE = 0.01  # prior chance that a payment is meant for nobody in the master
SLIP_SHARE = 0.002  # prior chance that a customer writes a number wrong (a digit, or two swapped)
SLIPS = 99  # ways to do so with ten digits: 9 swaps and 90 wrong digits
_NEVER = 1e-300
CLEAR = 0.9  # from here on a number that is nobody's is taken to be just that

# How much more often a thing is seen with the contract meant than with another one.
PAYER_KNOWN = 50.0
PAYER_OTHER = 0.3  # the payer's bank account is known, but from other contracts
NAME_SAME, NAME_OTHER = 20.0, 0.4
ADDRESS_SAME, ADDRESS_OTHER = 100.0, 0.7  # people move, and write from old checks
AMOUNT_EXPECTED, AMOUNT_ODD = 8.0, 40.0  # round amounts are many people's, odd ones hardly anybody else's
ROUND_CENTS = 1_000


@dataclass(frozen=True, slots=True)
class ContractView:
    """What matching and deciding know of one contract. Amounts in cents, all open."""

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
    balance_cents: int = 0  # what ends it on the day
    quote_cents: int = 0  # of its highest living payoff quote

    @property
    def expected_cents(self) -> frozenset[int]:
        """Amounts that a payer of this contract could be expected to send."""
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
    """One contract and the chance that it is the one meant.

    `exact`: its number was read, by the lender's rule, and no other contract's comes near. Without it only a near miss,
    a doubtful reading or history leads there, and nothing posts by itself.
    """

    contract: ContractView
    probability: float
    exact: bool = False


@dataclass(frozen=True, slots=True)
class PayerReading:
    """What a check says of who pays: tokens its bank account may have, name and address as read, amounts as read.

    What was not read clearly may speak for a contract, for no other name comes out alike by chance, but not against it.
    """

    tokens: frozenset[str] = frozenset()
    name: str = ""
    address: str = ""
    clear: bool = True
    amounts: frozenset[int] = frozenset()


NOBODY = PayerReading()


@dataclass(frozen=True, slots=True)
class Matching:
    """All contracts that could be meant, best first, and what is left for none of them."""

    matches: tuple[Match, ...]
    foreign: bool  # a number was read clearly, its check digits hold, and it is nobody's we know
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
    accident is its density, so one good reading of a number with check digits is strong by itself, and a dense
    master asks for more evidence. A contract that only the payer's account leads to stays weak: history is a prior,
    never the only proof.
    """
    written = {one.value: likelihood(one) for one in numbers}
    factors = {number: _second_factors(contract, payer) for number, contract in contracts.items()}
    weights: dict[str, float] = {}
    for number in contracts:
        image = written.get(number) or SLIP_SHARE / SLIPS * sum(p for one, p in written.items() if is_slip(one, number))
        if image > 0:
            weights[number] = (1 - FOREIGN_SHARE) / max(master_size, 1) * image * factors[number]
    if not weights:
        return Matching(_by_history(contracts, payer, factors), foreign=_is_foreign(numbers, rule), unread=not numbers)
    foreign = FOREIGN_SHARE / CODE_SPACE * sum(p for one, p in written.items() if one not in contracts)
    rest = max(0.0, 1.0 - sum(written.values())) / CODE_SPACE  # the number meant may be none of those listed
    total = sum(weights.values()) + foreign + rest
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    exact = _exact(ranked, written, weights, factors, rule)
    return Matching(
        tuple(Match(contracts[number], weights[number] / total, number == exact) for number in ranked),
        foreign=not set(written) & set(weights) and _is_foreign(numbers, rule),
        unread=False,
    )


def likelihood(one: Candidate) -> float:
    """P(image | number): the readers' own where they give it, else what they think of the value."""
    return one.probability if one.log_likelihood is None else math.exp(one.log_likelihood)


def _exact(
    ranked: Sequence[str],
    written: Mapping[str, float],
    weights: Mapping[str, float],
    factors: Mapping[str, float],
    rule: NumberRule,
) -> str | None:
    """The first number, if the lender's rule takes it as meant."""
    best = ranked[0]
    ahead = math.log(weights[best] / weights[ranked[1]]) if len(ranked) > 1 else math.inf
    others = math.log(factors[best])
    taken = (
        rule.is_valid(best)
        and math.log(written.get(best) or _NEVER) + min(max(others, 0.0), SUPPORT_NATS) >= -rule.within_nats
        and ahead >= rule.ahead_nats
        and others >= (rule.second_factor_nats or -math.inf)
    )
    return best if taken else None


def near_numbers(number: str, rule: NumberRule) -> list[str]:
    """Numbers one slip away: two neighbours swapped or one digit wrong; those whose check digits hold."""
    swapped = [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)]
    wrong = [
        number[:i] + digit + number[i + 1 :] for i in range(len(number)) for digit in "0123456789" if digit != number[i]
    ]
    return sorted({one for one in swapped + wrong if one != number and rule.is_valid(one)})


def is_slip(written: str, meant: str) -> bool:
    """Whether one wrong digit, or two neighbours swapped, turns one number into the other."""
    if len(written) != len(meant):
        return False
    wrong = [i for i in range(len(meant)) if written[i] != meant[i]]
    if len(wrong) == 2:
        first, second = wrong
        return second == first + 1 and written[first] == meant[second] and written[second] == meant[first]
    return len(wrong) == 1


def same_name(one: str, other: str) -> float:
    """How alike two names are, 0 to 1, whatever the order and case of their words; a space lost does not matter."""
    return _alike(one.casefold(), other.casefold()) if one and other else 0.0


def same_address(one: str, other: str) -> float:
    """How alike two addresses are, 0 to 1: street and place, whatever the case and the order of lines."""
    plain = (" ".join(text.casefold().replace(",", " ").split()) for text in (one, other))
    return _alike(*plain) if one and other else 0.0


def _alike(one: str, other: str) -> float:
    tight = fuzz.ratio("".join(one.split()), "".join(other.split()))
    return max(fuzz.token_sort_ratio(one, other), tight) / 100


def _second_factors(contract: ContractView, payer: PayerReading) -> float:
    """How much more likely all that stands beside the number is when this contract is meant."""
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
    """Whether a number was read clearly that the lender could have given, or anybody where it has no check digits."""
    best = max(numbers, key=lambda one: one.probability, default=None)
    return best is not None and best.probability >= CLEAR and rule.is_valid(best.value)


def _by_history(
    contracts: Mapping[str, ContractView], payer: PayerReading, factors: Mapping[str, float]
) -> tuple[Match, ...]:
    """Without a number: the payer's contracts, for a reviewer to choose from; never sure enough to post."""
    weights = {number: factors[number] for number, contract in contracts.items() if payer.tokens & contract.payers}
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    return tuple(Match(contracts[number], 0.9 * weights[number] / total) for number in ranked)
