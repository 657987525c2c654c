"""Which documents share an envelope, proven by the order in which envelopes are scanned and by a hash total.

The documents of an envelope are scanned one after the other, and envelopes are numbered as they are scanned: in the
order of sequence the envelope numbers never fall. Where they do, it cannot be told from the index alone which documents
came together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from lockbox.mail.delivery import FailingControl

SHOWN = 3  # documents in one message
Numbers = tuple[int, int]  # sequence and envelope of a document


def out_of_order(numbers: Iterable[Numbers]) -> Iterator[FailingControl]:
    """The documents of whose envelopes the order says something else than the index, as ranges of sequences.

    They are the documents out of order, and all that share an envelope with them or with the documents beside them.
    """
    ordered = sorted(numbers)
    envelopes = [envelope for _, envelope in ordered]
    last_place = len(envelopes) - 1
    backward = _strays([-envelope for envelope in reversed(envelopes)])
    # Of two beside each other that change places nobody can say which is the stray: both are.
    strays = sorted({*_strays(envelopes), *(last_place - place for place in backward)})
    doubtful = {envelopes[min(max(place + step, 0), last_place)] for place in strays for step in (-1, 0, 1)}
    named = ", ".join(f"sequence {ordered[place][0]} in envelope {envelopes[place]}" for place in strays[:SHOWN])
    more = f" and {len(strays) - SHOWN} more" if len(strays) > SHOWN else ""
    for is_doubtful, group in groupby(ordered, lambda document: document[1] in doubtful):
        sequences = [sequence for sequence, _ in group]
        if is_doubtful:
            record = f"sequences {sequences[0]} to {sequences[-1]}"
            reason = f"the order of the envelopes in the index does not hold ({named}{more}): {record}"
            yield FailingControl(record, sequences[0], sequences[-1], reason)


def hash_total(numbers: Iterable[Numbers]) -> int:
    """The sum of sequence x envelope of all documents: another one if a document is put to another envelope."""
    return sum(sequence * envelope for sequence, envelope in numbers)


def _strays(envelopes: Sequence[int]) -> list[int]:
    """The places that must go so that the numbers never fall: as few as possible."""
    ends: list[int] = []  # place that ends the best run of each length
    before: list[int | None] = []
    for place, envelope in enumerate(envelopes):
        length = bisect_right(ends, envelope, key=envelopes.__getitem__)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [place]
    kept, last = set[int](), ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return [place for place in range(len(envelopes)) if place not in kept]
