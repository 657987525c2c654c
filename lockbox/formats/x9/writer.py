"""Writes image cash letters: bundles and totals in order, images by the rules of X9.100-187."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from struct import pack

from lockbox.errors import InputError
from lockbox.formats.records import Layout, is_number
from lockbox.formats.x9 import fields as layouts
from lockbox.formats.x9.framing import CODECS
from lockbox.formats.x9.totals import Tally
from lockbox.formats.x9.types import (
    X9Addendum,
    X9Bundle,
    X9CashLetter,
    X9Check,
    X9Credit,
    X9File,
    X9Image,
    X9Profile,
)

SIDES = {"front": "0", "back": "1"}
PLAIN = X9Profile(credits_counted=False, credit_amounts_counted=False, credit_images_counted=False)


def write_x9(file: X9File, encoding: str = "ebcdic", profile: X9Profile = PLAIN) -> bytes:
    """The file with a 4-byte big-endian length before each record, EBCDIC or ASCII, totals counted again.

    `profile` says whether credits are counted in the totals.

    Raises:
        InputError: a value does not fit its field, or has characters that the encoding lacks.
    """
    return _Writer(file, encoding, profile).write()


def write_records(file: X9File) -> bytes:
    """The records of a file that was read, byte for byte, each after its length."""
    return b"".join(pack(">I", record.size_bytes) + file.raw(record) for record in file.records)


def cash_letter(
    checks: Sequence[X9Check],
    *,
    destination_routing: str,
    origin_routing: str,
    business_date: date,
    created_at: datetime,
    destination_name: str = "",
    origin_name: str = "",
    cash_letter_id: str = "1",
    file_id: str = "A",
    credit: X9Credit | None = None,
    checks_per_bundle: int = 300,
    level: str = "03",
    test: bool = False,
    name: str = "",
) -> X9File:
    """A file of one cash letter with these checks in order; the deposit ticket `credit` comes before the bundles.

    `created_at` is the sender's local time, to the minute.
    """
    groups = [checks[at : at + checks_per_bundle] for at in range(0, len(checks), checks_per_bundle)]
    minute = created_at.replace(second=0, microsecond=0, tzinfo=None)
    letter = X9CashLetter(
        id=cash_letter_id,
        destination_routing=destination_routing,
        origin_routing=origin_routing,
        business_date=business_date,
        created_at=minute,
        origin_name=origin_name[:18],
        credits=(credit,) if credit else (),
        bundles=tuple(
            X9Bundle(id=str(number), sequence=str(number), business_date=business_date, checks=tuple(group))
            for number, group in enumerate(groups, 1)
        ),
    )
    return X9File(
        name=name,
        destination_routing=destination_routing,
        origin_routing=origin_routing,
        created_at=minute,
        cash_letters=(letter,),
        level=level,
        test=test,
        destination_name=destination_name[:18],
        origin_name=origin_name[:18],
        file_id=file_id,
    )


class _Writer:
    """Collects encoded records and counts them."""

    def __init__(self, file: X9File, encoding: str, profile: X9Profile) -> None:
        if encoding not in CODECS:
            raise InputError(f"unknown encoding {encoding!r}", file.name)
        self.file, self.profile = file, profile
        self.codec = "ascii" if encoding == "ascii" else CODECS[encoding]
        self.parts: list[bytes] = []

    def write(self) -> bytes:
        file = self.file
        self.add(
            layouts.FILE_HEADER,
            level=file.level,
            test="T" if file.test else "P",
            destination_routing=file.destination_routing,
            origin_routing=file.origin_routing,
            created_on=_day(file.created_at),
            created_time=_time(file.created_at),
            destination_name=file.destination_name,
            origin_name=file.origin_name,
            file_id=file.file_id,
            country=file.country,
        )
        total = Tally()
        for letter in file.cash_letters:
            total += self.letter(letter)
        counts = self.counts(total)
        del counts["images"]
        self.add(layouts.FILE_CONTROL, cash_letters=len(file.cash_letters), records=len(self.parts) + 1, **counts)
        return b"".join(self.parts)

    def letter(self, letter: X9CashLetter) -> Tally:
        self.add(
            layouts.CASH_LETTER_HEADER,
            collection_type=letter.collection_type,
            destination_routing=letter.destination_routing,
            origin_routing=letter.origin_routing,
            business_date=_day(letter.business_date),
            created_on=_day(letter.created_at),
            created_time=_time(letter.created_at),
            records="I" if letter.bundles else "N",
            id=letter.id,
            contact_name=letter.contact_name,
            contact_phone=letter.contact_phone,
        )
        total = Tally()
        for credit in letter.credits:
            total += self.credit(credit, letter)
        for bundle in letter.bundles:
            total += self.bundle(bundle, letter)
        self.add(
            layouts.CASH_LETTER_CONTROL,
            bundles=len(letter.bundles),
            origin_name=letter.origin_name,
            **self.counts(total),
        )
        return total

    def bundle(self, bundle: X9Bundle, letter: X9CashLetter) -> Tally:
        self.add(
            layouts.BUNDLE_HEADER,
            collection_type=letter.collection_type,
            destination_routing=letter.destination_routing,
            origin_routing=letter.origin_routing,
            business_date=_day(bundle.business_date),
            created_on=_day(letter.created_at),
            id=bundle.id,
            sequence=bundle.sequence,
        )
        total = Tally()
        for credit in bundle.credits:
            total += self.credit(credit, letter)
        for check in bundle.checks:
            self.check(check)
            self.images(check.images, check.sequence, letter)
            total += Tally(items=1, amount_cents=check.amount_cents or 0, images=len(check.images))
        counts = self.counts(total)
        self.add(layouts.BUNDLE_CONTROL, micr_valid_amount=counts["amount"], **counts)
        return total

    def counts(self, tally: Tally) -> dict[str, str | int]:
        """What records 70, 90, and 99 state, with the credits counted as the bank wants it."""
        profile = self.profile
        return {
            "items": tally.items + (tally.credits if profile.credits_counted else 0),
            "amount": tally.amount_cents + (tally.credit_cents if profile.credit_amounts_counted else 0),
            "images": tally.images + (tally.credit_images if profile.credit_images_counted else 0),
        }

    def check(self, check: X9Check) -> None:
        values: dict[str, str | int] = {
            "routing": check.routing[:8],
            "check_digit": check.routing[8:],
            "on_us": check.on_us,
            "amount": _cents(check.amount_cents, self.file.name),
            "sequence": check.sequence,
            "documentation": check.documentation,
            "epc": check.epc,
            "addenda": len(check.addenda),
        }
        if check.is_return:
            self.add(layouts.RETURN, return_reason=check.return_reason, **values)
        else:
            self.add(layouts.CHECK, aux_on_us=check.aux_on_us, **values)
        for addendum in check.addenda:
            self.addendum(addendum)

    def credit(self, credit: X9Credit, letter: X9CashLetter) -> Tally:
        layout = {"A": layouts.CREDIT_A, "B": layouts.CREDIT_B}.get(credit.layout, layouts.CREDIT_ITEM)
        self.add(
            layout,
            aux_on_us=credit.aux_on_us,
            epc=credit.epc,
            routing=credit.routing,
            on_us=credit.on_us,
            amount=_cents(credit.amount_cents, self.file.name),
            sequence=credit.sequence,
            documentation=credit.documentation,
            account_type=credit.account_type,
            source_of_work=credit.source_of_work,
        )
        for addendum in credit.addenda:
            self.addendum(addendum)
        self.images(credit.images, credit.sequence, letter)
        return Tally(credits=1, credit_cents=credit.amount_cents or 0, credit_images=len(credit.images))

    def addendum(self, addendum: X9Addendum) -> None:
        layout = layouts.ADDENDA[addendum.code]
        names = {field.name for field in layout.fields}
        text = layout.pack({name: value for name, value in addendum.fields.items() if name in names})
        if addendum.code in ("27", "34"):
            length = addendum.fields.get("key_length", "")
            key = addendum.fields.get("key", "").ljust(int(length) if is_number(length) else 0)
            text += key + addendum.fields.get("description", "").ljust(15)
            text += addendum.fields.get("user", "").ljust(4) + " " * 5
        self.encode(addendum.code, text)

    def images(self, images: Sequence[X9Image], sequence: str, letter: X9CashLetter) -> None:
        for image in images:
            self.add(
                layouts.IMAGE_DETAIL,
                creator_routing=image.creator_routing or letter.origin_routing,
                created_on=_day(image.created_on or letter.business_date),
                format=image.format,
                compression=image.compression,
                size=len(image.data),
                side=SIDES[image.side],
                descriptor=image.descriptor,
                signed="1" if image.signature else "0",
            )
            head = layouts.IMAGE_DATA.pack(
                {
                    "origin_routing": letter.origin_routing,
                    "business_date": _day(letter.business_date),
                    "sequence": sequence,
                    "key_length": len(image.reference_key),
                }
            )
            front = f"{head}{image.reference_key}{len(image.signature):05}"
            self.encode("52", front, image.signature, f"{len(image.data):07}", image.data)
            if image.analysis:
                self.encode("54", "54" + image.analysis.ljust(78))

    def add(self, layout: Layout, **values: str | int) -> None:
        """Pack and append one record."""
        try:
            text = layout.pack(values)
        except InputError as error:
            raise InputError(error.reason, self.file.name, error.record, error.field) from error
        self.encode(layout.code, text)

    def encode(self, code: str, *parts: str | bytes) -> None:
        """Append one record; text is transcoded, bytes stay as they are."""
        try:
            record = b"".join(part.encode(self.codec) if isinstance(part, str) else part for part in parts)
        except UnicodeEncodeError as error:
            raise InputError(f"no character for {error.object[error.start]!r}", self.file.name, code) from error
        self.parts.append(pack(">I", len(record)) + record)


def _day(when: date | None) -> str:
    return when.strftime("%Y%m%d") if when else ""


def _time(when: datetime | None) -> str:
    return when.strftime("%H%M") if when else ""


def _cents(amount_cents: int | None, name: str) -> int:
    if amount_cents is None or amount_cents < 0:
        raise InputError("no amount to write", name, field="amount")
    return amount_cents
