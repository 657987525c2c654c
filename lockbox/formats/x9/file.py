"""Image cash letters, X9.37 (DSTU 2003) and X9.100-187: read into checks, credits and problems.

`read_x9` reads what banks and scanners send. `write_x9` (in `writer`) writes it, `cash_letter` makes one from checks.
"""

from __future__ import annotations

from operator import attrgetter

from lockbox.formats.x9.controls import check_controls
from lockbox.formats.x9.fields import CREDIT_B
from lockbox.formats.x9.framing import frames
from lockbox.formats.x9.images import day, moment
from lockbox.formats.x9.reader import BundleDraft, ItemDraft, LetterDraft, Reader, cents_of
from lockbox.formats.x9.types import (
    X9Bundle,
    X9CashLetter,
    X9Check,
    X9Credit,
    X9File,
    X9Profile,
)

ANY = X9Profile()


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
    controls = check_controls(reader)
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
        cash_letters=tuple(_letter(letter) for letter in reader.letters),
        encoding=framed.encoding,
        framing=framed.framing,
        problems=tuple(sorted(reader.problems, key=attrgetter("record"))),
        stated=reader.stated,
        stated_of_checks=controls.stated_of_checks,
        credits_counted=controls.credits_counted,
        failing_controls=controls.failing,
        records=framed.records,
        source=data,
    )


def _letter(draft: LetterDraft) -> X9CashLetter:
    fields = draft.fields
    return X9CashLetter(
        id=fields.get("id", ""),
        destination_routing=fields.get("destination_routing", ""),
        origin_routing=fields.get("origin_routing", ""),
        business_date=day(fields.get("business_date", "")),
        created_at=moment(fields.get("created_on", ""), fields.get("created_time", "")),
        bundles=tuple(_bundle(bundle) for bundle in draft.bundles),
        credits=tuple(_credit(credit) for credit in draft.credits),
        collection_type=fields.get("collection_type", ""),
        origin_name=draft.closing.get("origin_name", ""),
        contact_name=fields.get("contact_name", ""),
        contact_phone=fields.get("contact_phone", ""),
        stated=draft.stated,
        record=draft.record,
    )


def _bundle(draft: BundleDraft) -> X9Bundle:
    return X9Bundle(
        id=draft.fields.get("id", ""),
        sequence=draft.fields.get("sequence", ""),
        business_date=day(draft.fields.get("business_date", "")),
        checks=tuple(_check(check) for check in draft.checks),
        credits=tuple(_credit(credit) for credit in draft.credits),
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
        amount_cents=cents_of(fields),
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


def _credit(draft: ItemDraft) -> X9Credit:
    fields = draft.fields
    return X9Credit(
        layout="62" if draft.record.code == "62" else "B" if draft.layout is CREDIT_B else "A",
        routing=fields["routing"],
        on_us=fields["on_us"],
        amount_cents=cents_of(fields),
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
