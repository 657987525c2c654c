"""Which contract a document means: every source of evidence scored against the contract master we own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from stdnum.iso7064 import mod_97_10

from ocr.reading import Candidate

CODE_SPACE = 10**10  # ten-digit numbers that could be written
FOREIGN_SHARE = 0.01  # prior chance that a payment is meant for nobody in the master
SLIP_SHARE = 0.002  # prior chance that a customer writes a number wrong (a digit, or two swapped)
SLIPS = 99  # ways to do so with ten digits: 9 swaps and 90 wrong digits
FAR_BELOW = math.exp(-6)  # a reading this far below the best one is no longer supported by the image

CLEAR = 0.9  # from here on a number that is nobody's is taken to be just that

# How much more often a thing is seen with the contract meant than with another one.
PAYER_KNOWN = 50.0
PAYER_OTHER = 0.3  # the payer's bank account is known, but from other contracts
NAME_SAME, NAME_OTHER = 20.0, 0.4
AMOUNT_EXPECTED = 8.0


@dataclass(frozen=True, slots=True)
class ContractView:
    """What matching and deciding know of one contract. Amounts in cents, all open."""

    contract_id: int
    account_number: str
    product: str
    customer_name: str
    flags: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()  # account tokens seen before
    installment_cents: int = 0
    past_due_cents: int = 0
    current_due_cents: int = 0
    fee_cents: int = 0
    balance_cents: int = 0

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
        }
        return frozenset(cents for cents in sums if cents > 0)


@dataclass(frozen=True, slots=True)
class Match:
    """One contract and the chance that it is the one meant. Not `exact`: only a near miss or history leads to it."""

    contract: ContractView
    probability: float
    exact: bool = False


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
    *,
    token: str | None = None,
    payer_name: str = "",
    amounts: Iterable[int] = (),
) -> Matching:
    """Scores the contracts that `numbers` (readings of one account number) could mean.

    `contracts` holds, by account number, every contract that the readings, their near misses or the payer's bank
    account lead to; `master_size` is how many contracts there are. The chance that a number is in the master by
    accident is its density, so one good reading of a number with check digits is strong by itself, and a dense
    master asks for more evidence. A contract that only the payer's account leads to stays weak: history is a prior,
    never the only proof.
    """
    seen = set(amounts)
    weights: dict[str, float] = {}
    for contract in contracts.values():
        image = _image_likelihood(contract.account_number, numbers)
        if image > 0:
            weights[contract.account_number] = (
                (1 - FOREIGN_SHARE) / max(master_size, 1) * image * _second_factors(contract, token, payer_name, seen)
            )
    foreign = FOREIGN_SHARE / CODE_SPACE * sum(one.probability for one in numbers if contracts.get(one.value) is None)
    rest = _unlisted(numbers) / CODE_SPACE  # the number meant may be none of those listed
    total = sum(weights.values()) + foreign + rest
    if not weights:
        return Matching(
            _by_history(contracts, token, payer_name, seen), foreign=_is_foreign(numbers), unread=not numbers
        )
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    strongest = max(one.probability for one in numbers)
    exact = {one.value for one in numbers if one.probability >= FAR_BELOW * strongest}
    return Matching(
        tuple(Match(contracts[number], weights[number] / total, number in exact) for number in ranked),
        foreign=not exact & set(weights) and _is_foreign(numbers),
        unread=False,
    )


def near_numbers(number: str) -> list[str]:
    """Numbers one slip away: two neighbours swapped or one digit wrong; those whose check digits hold."""
    swapped = [number[:i] + number[i + 1] + number[i] + number[i + 2 :] for i in range(len(number) - 1)]
    wrong = [
        number[:i] + digit + number[i + 1 :] for i in range(len(number)) for digit in "0123456789" if digit != number[i]
    ]
    return sorted({one for one in swapped + wrong if one != number and mod_97_10.is_valid(one)})


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
    """How alike two names are, 0 to 1, whatever the order and case of their words."""
    return fuzz.token_sort_ratio(one.casefold(), other.casefold()) / 100 if one and other else 0.0


def _image_likelihood(number: str, readings: Sequence[Candidate]) -> float:
    exact = sum(one.probability for one in readings if one.value == number)
    if exact:
        return exact
    slipped = sum(one.probability for one in readings if is_slip(one.value, number))
    return SLIP_SHARE / SLIPS * slipped


def _second_factors(contract: ContractView, token: str | None, payer_name: str, amounts: set[int]) -> float:
    factor = 1.0
    if token and contract.payers:
        factor *= PAYER_KNOWN if token in contract.payers else PAYER_OTHER
    if payer_name:
        alike = same_name(payer_name, contract.customer_name)
        factor *= NAME_SAME if alike >= 0.85 else NAME_OTHER if alike < 0.5 else 1.0
    if amounts & contract.expected_cents:
        factor *= AMOUNT_EXPECTED
    return factor


def _is_foreign(numbers: Sequence[Candidate]) -> bool:
    best = max(numbers, key=lambda one: one.probability, default=None)
    return best is not None and best.probability >= CLEAR and mod_97_10.is_valid(best.value)


def _unlisted(numbers: Sequence[Candidate]) -> float:
    return max(0.0, 1.0 - sum(one.probability for one in numbers))


def _by_history(
    contracts: Mapping[str, ContractView], token: str | None, payer_name: str, amounts: set[int]
) -> tuple[Match, ...]:
    """Without a number: the payer's contracts, for a reviewer to choose from; never sure enough to post."""
    weights = {
        number: _second_factors(contract, token, payer_name, amounts)
        for number, contract in contracts.items()
        if token and token in contract.payers
    }
    total = sum(weights.values())
    ranked = sorted(weights, key=lambda number: (-weights[number], number))
    return tuple(Match(contracts[number], 0.9 * weights[number] / total) for number in ranked)
