"""Image cash letters, X9.37 (DSTU 2003) and X9.100-187: read into checks, credits and problems.

`read_x9` reads what banks and scanners send. `write_x9` (in `writer`) writes it, `cash_letter` makes one from checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

from lockbox.formats.records import Layout, is_number
from lockbox.formats.x9.fields import CREDIT_A, CREDIT_B, CREDIT_ITEM
from lockbox.formats.x9.framing import frames
from lockbox.formats.x9.images import day, moment
from lockbox.formats.x9.reader import BundleDraft, ItemDraft, LetterDraft, Reader
from lockbox.formats.x9.totals import Tally, check_count, check_totals, of_checks
from lockbox.formats.x9.types import (
    X9Bundle,
    X9CashLetter,
    X9Check,
    X9Credit,
    X9File,
    X9Profile,
    X9Totals,
)

ANY = X9Profile()
LAYOUTS_61 = (CREDIT_A, CREDIT_B)


def read_x9(data: bytes, name: str, profile: X9Profile = ANY) -> X9File:
    """Everything the file says and everything that is wrong with it; a bad item never stops the rest.

    `name` is the file's name, for messages. Images whose headers show damage are left out and listed as problems.

    Raises:
        InputError: no record can be told from the next: not an X9 file, or nothing of it is left.
    """
    framed = frames(data, name)
    reader = Reader(data, framed, profile)
    for record in framed.records:
        if reader.starts_again(record):
            break
        reader.take(record)
    reader.end()
    layout = _credit_layout(reader)
    credits_counted = _check_all_totals(reader, layout)
    header = reader.header
    return X9File(
        name=name,
        level=header.get("level", ""),
        test=header.get("test", "") == "T",
        destination_routing=header.get("destination_routing", ""),
        origin_routing=header.get("origin_routing", ""),
        created_at=moment(header.get("created_on", ""), header.get("created_time", "")),
        destination_name=header.get("destination_name", ""),
        origin_name=header.get("origin_name", ""),
        file_id=header.get("file_id", ""),
        country=header.get("country", ""),
        cash_letters=tuple(_letter(letter, layout) for letter in reader.letters),
        encoding=framed.encoding,
        framing=framed.framing,
        problems=tuple(sorted(reader.problems, key=attrgetter("record"))),
        stated=reader.stated,
        stated_of_checks=_stated_of_checks(reader, layout),
        credits_counted=credits_counted,
        records=framed.records,
        source=data,
    )


def _letter(draft: LetterDraft, layout: Layout) -> X9CashLetter:
    fields = draft.fields
    return X9CashLetter(
        id=fields.get("id", ""),
        destination_routing=fields.get("destination_routing", ""),
        origin_routing=fields.get("origin_routing", ""),
        business_date=day(fields.get("business_date", "")),
        created_at=moment(fields.get("created_on", ""), fields.get("created_time", "")),
        bundles=tuple(_bundle(bundle, layout) for bundle in draft.bundles),
        credits=tuple(_credit(credit, layout) for credit in draft.credits),
        collection_type=fields.get("collection_type", ""),
        origin_name=draft.closing.get("origin_name", ""),
        contact_name=fields.get("contact_name", ""),
        contact_phone=fields.get("contact_phone", ""),
        stated=draft.stated,
        record=draft.record,
    )


def _bundle(draft: BundleDraft, layout: Layout) -> X9Bundle:
    return X9Bundle(
        id=draft.fields.get("id", ""),
        sequence=draft.fields.get("sequence", ""),
        business_date=day(draft.fields.get("business_date", "")),
        checks=tuple(_check(check) for check in draft.checks),
        credits=tuple(_credit(credit, layout) for credit in draft.credits),
        stated=draft.stated,
        record=draft.record,
    )


def _check(draft: ItemDraft) -> X9Check:
    fields = draft.fields
    # A returned check carries its auxiliary on-us field in addendum B.
    aux_on_us = fields.get("aux_on_us") or next(
        (addendum.fields["aux_on_us"] for addendum in draft.addenda if addendum.code == "33"), ""
    )
    return X9Check(
        routing=fields["routing"] + fields["check_digit"],
        on_us=fields["on_us"],
        amount_cents=number(fields["amount"]),
        sequence=fields["sequence"],
        aux_on_us=aux_on_us,
        epc=fields["epc"],
        documentation=fields["documentation"],
        images=tuple(draft.images),
        addenda=tuple(draft.addenda),
        return_reason=fields.get("return_reason", ""),
        is_return=draft.record.code == "31",
        record=draft.record.number,
        problems=tuple(draft.problems),
    )


def _credit(draft: ItemDraft, layout: Layout) -> X9Credit:
    fields = _credit_fields(draft, layout)
    return X9Credit(
        layout="62" if draft.record.code == "62" else "B" if layout is CREDIT_B else "A",
        routing=fields["routing"],
        on_us=fields["on_us"],
        amount_cents=number(fields["amount"]),
        sequence=fields["sequence"],
        aux_on_us=fields["aux_on_us"],
        epc=fields["epc"],
        documentation=fields["documentation"],
        account_type=fields["account_type"],
        source_of_work=fields["source_of_work"],
        images=tuple(draft.images),
        addenda=tuple(draft.addenda),
        record=draft.record.number,
    )


def _credit_fields(draft: ItemDraft, layout: Layout) -> dict[str, str]:
    return (CREDIT_ITEM if draft.record.code == "62" else layout).unpack(draft.text)


def _credit_layout(reader: Reader) -> Layout:
    """Layout of record 61: the one that makes credits equal debits, else the first one whose amounts are numbers."""
    if reader.profile.credit_layout is not None:
        return CREDIT_B if reader.profile.credit_layout == "B" else CREDIT_A
    credits = [credit for credit in _all_credits(reader) if credit.record.code == "61"]
    debits = sum(number(check.fields["amount"]) or 0 for check in _all_checks(reader))
    amounts = {
        layout.title: [number(layout.unpack(credit.text)["amount"]) for credit in credits] for layout in LAYOUTS_61
    }
    for layout in LAYOUTS_61:
        if sum(cents or 0 for cents in amounts[layout.title]) == debits:
            return layout
    return next((layout for layout in LAYOUTS_61 if None not in amounts[layout.title]), CREDIT_A)


def _check_all_totals(reader: Reader, layout: Layout) -> bool | None:
    """Compare every stated total; returns whether credits turned out to count as items."""
    whole, seen = Tally(), set[bool | None]()

    def check(stated: X9Totals | None, tally: Tally) -> None:
        if stated is not None:
            seen.add(check_totals(stated, tally, reader.profile, reader.report))

    for letter in reader.letters:
        inside = _tally((), letter.credits, layout)
        for bundle in letter.bundles:
            tally = _tally(bundle.checks, bundle.credits, layout)
            check(bundle.stated, tally)
            inside += tally
        check(letter.stated, inside)
        if letter.stated is not None:
            check_count(letter.stated, "bundles", letter.stated.bundles, len(letter.bundles), reader.report)
        whole += inside
    check(reader.stated, whole)
    if reader.stated is not None:
        stated, count = reader.stated, len(reader.framed.records)
        check_count(stated, "cash_letters", stated.cash_letters, len(reader.letters), reader.report)
        check_count(stated, "records", stated.records, count, reader.report)
    _check_credits(reader, whole, layout)
    seen.discard(None)
    return seen.pop() if len(seen) == 1 else None


def _stated_of_checks(reader: Reader, layout: Layout) -> X9Totals | None:
    """The totals of record 99, with the images of all records 90, that are about checks."""
    if reader.stated is None:
        return None
    images = [letter.stated.images if letter.stated else None for letter in reader.letters]
    known = [count for count in images if count is not None]
    stated = replace(reader.stated, images=sum(known) if known and len(known) == len(images) else None)
    whole = _tally(_all_checks(reader), _all_credits(reader), layout)
    return of_checks(stated, whole, len(reader.framed.records))


def _check_credits(reader: Reader, whole: Tally, layout: Layout) -> None:
    """A credit is the deposit ticket of the checks, so both sides must be equal."""
    drafts = list(_all_credits(reader))
    for draft in drafts:
        amount = _credit_fields(draft, layout)["amount"]
        if number(amount) is None:
            reader.report(draft.record.number, "amount", f"{amount!r} is not a number", draft)
    if drafts and whole.credit_cents != whole.amount_cents:
        reason = f"credits of {whole.credit_cents} cents, debits of {whole.amount_cents}"
        reader.report(drafts[0].record.number, "amount", reason)


def _tally(checks: Iterable[ItemDraft], credits: Iterable[ItemDraft], layout: Layout) -> Tally:
    checks, credits = tuple(checks), tuple(credits)
    return Tally(
        items=len(checks),
        amount_cents=sum(number(check.fields["amount"]) or 0 for check in checks),
        images=sum(check.image_records for check in checks),
        credits=len(credits),
        credit_cents=sum(number(_credit_fields(credit, layout)["amount"]) or 0 for credit in credits),
        credit_images=sum(credit.image_records for credit in credits),
    )


def _all_checks(reader: Reader) -> Iterator[ItemDraft]:
    return (check for letter in reader.letters for bundle in letter.bundles for check in bundle.checks)


def _all_credits(reader: Reader) -> Iterator[ItemDraft]:
    for letter in reader.letters:
        yield from letter.credits
        for bundle in letter.bundles:
            yield from bundle.credits


def number(text: str) -> int | None:
    """The whole number, or None if the text is not one."""
    return int(text) if is_number(text) else None
