"""Which controls of a file hold: bundle, cash letter, and file control, and the deposit tickets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from lockbox.formats.x9.reader import ItemDraft, Reader, cents_of
from lockbox.formats.x9.totals import Convention, Tally, convention_of, credits_counted, of_checks, wrong_totals
from lockbox.formats.x9.types import X9Control, X9Totals
from lockbox.money import dollars

FIELDS = ("items", "amount", "images", "bundles", "cash_letters", "records")  # of a control record


@dataclass(frozen=True, slots=True)
class Controls:
    """What the controls of a file say, and which of them do not hold."""

    failing: tuple[X9Control, ...]
    credits_counted: bool | None  # None: no credits, or undecided
    stated_of_checks: X9Totals | None


@dataclass(frozen=True, slots=True)
class _Part:
    """A bundle, a cash letter or the file, with the checks in it: `first` counts from 1 through the file."""

    name: str
    stated: X9Totals | None
    tally: Tally
    first: int
    credits: tuple[ItemDraft, ...] = ()
    bundles: int | None = None
    letters: int | None = None
    records: int | None = None

    @property
    def last(self) -> int:
        return self.first + self.tally.items - 1


def check_controls(reader: Reader) -> Controls:
    """Compares every control with what it covers, and reports each total that differs."""
    parts = list(_parts(reader))
    whole = parts[-1]
    sheets = [(part.stated, part.tally) for part in parts if part.stated is not None]
    convention = convention_of(sheets, reader.profile)
    for part in parts:
        _report(reader, part, convention)
    return Controls(
        failing=(*_wrong_tickets(reader, parts), *_failing(reader, parts)),
        credits_counted=credits_counted(sheets, convention),
        stated_of_checks=_stated_of_checks(reader, whole, convention),
    )


def _parts(reader: Reader) -> Iterator[_Part]:
    """Bundles before their cash letter, and the file last."""
    whole = Tally()
    for letter in reader.letters:
        first = whole.items + 1
        inside = _tally((), letter.credits)
        for bundle in letter.bundles:
            tally = _tally(bundle.checks, bundle.credits)
            yield _Part("bundle control", bundle.stated, tally, first + inside.items)
            inside += tally
        credits = (*letter.credits, *(credit for bundle in letter.bundles for credit in bundle.credits))
        yield _Part("cash letter control", letter.stated, inside, first, credits, bundles=len(letter.bundles))
        whole += inside
    records = len(reader.framed.records)
    yield _Part("file control", reader.stated, whole, 1, letters=len(reader.letters), records=records)


def _report(reader: Reader, part: _Part, convention: Convention) -> None:
    stated = part.stated
    if stated is None:
        return
    for name, reason in wrong_totals((stated, part.tally), convention, reader.profile):
        reader.report(stated.record, name, reason)
    for name, value, counted in (
        ("bundles", stated.bundles, part.bundles),
        ("cash_letters", stated.cash_letters, part.letters),
        ("records", stated.records, part.records),
    ):
        if value is not None and counted is not None and value != counted:
            reader.report(stated.record, name, f"says {value}, counted {counted}")


def _failing(reader: Reader, parts: Iterable[_Part]) -> Iterator[X9Control]:
    """The control records with a total that differs, or that is no number."""
    for part in parts:
        problems = [
            problem
            for problem in reader.problems
            if part.stated is not None and problem.record == part.stated.record and problem.field in FIELDS
        ]
        if part.stated is not None and problems:
            reasons = tuple(f"{problem.field}: {problem.reason}" for problem in problems)
            yield X9Control(part.name, part.stated.record, part.first, part.last, reasons)


def _wrong_tickets(reader: Reader, parts: list[_Part]) -> Iterator[X9Control]:
    """A credit is the deposit ticket of the checks: of the file, or of its cash letter, both sides must be equal."""
    whole = parts[-1]
    if whole.tally.credit_cents == whole.tally.amount_cents:
        return
    for part in parts:
        if part.credits and part.tally.credit_cents != part.tally.amount_cents:
            record = part.credits[0].record.number
            reason = f"credits of {dollars(part.tally.credit_cents)}, debits of {dollars(part.tally.amount_cents)}"
            reader.report(record, "amount", reason)
            yield X9Control("deposit ticket", record, part.first, part.last, (f"amount: {reason}",))


def _stated_of_checks(reader: Reader, whole: _Part, convention: Convention) -> X9Totals | None:
    """The totals of record 99, with the images of all records 90, that are about checks."""
    if reader.stated is None:
        return None
    images = [letter.stated.images if letter.stated else None for letter in reader.letters]
    known = [count for count in images if count is not None]
    stated = replace(reader.stated, images=sum(known) if known and len(known) == len(images) else None)
    return of_checks(stated, whole.tally, len(reader.framed.records), convention)


def _tally(checks: Iterable[ItemDraft], credits: Iterable[ItemDraft]) -> Tally:
    checks, credits = tuple(checks), tuple(credits)
    return Tally(
        items=len(checks),
        amount_cents=sum(cents_of(check.fields) or 0 for check in checks),
        images=sum(check.image_records for check in checks),
        credits=len(credits),
        credit_cents=sum(cents_of(credit.fields) or 0 for credit in credits),
        credit_images=sum(credit.image_records for credit in credits),
    )
