"""The parts of an image cash letter: file, cash letters, bundles, checks, credits, images, and problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the file; `record` counts from 1; 0 means the whole file."""

    record: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class X9Profile:
    """How one bank reads the standard where banks differ. None accepts either and reports which one applied."""

    name: str = "any"
    credits_counted: bool | None = None  # do credits (61, 62) count as items in 70, 90 and 99?
    credit_amounts_counted: bool | None = None  # is their amount in the totals of 70, 90 and 99?
    credit_images_counted: bool | None = None  # do their images count in 70 and 90?
    credit_layout: str | None = None  # "A" or "B": where record 61 has its amount
    images_name_item: bool = True  # record 52 repeats the sequence number of its check: then it must agree


@dataclass(frozen=True, slots=True)
class Record:
    """One record and its place in the file, without its length prefix."""

    number: int  # from 1
    code: str  # "25"; "" if unreadable
    offset: int  # byte
    size_bytes: int


@dataclass(frozen=True, slots=True)
class X9Totals:
    """What a control record (70, 90, 99) states; None where it states nothing that can be read."""

    record: int
    items: int | None = None
    amount_cents: int | None = None
    images: int | None = None  # not in 99
    bundles: int | None = None  # 90 only
    cash_letters: int | None = None  # 99 only
    records: int | None = None  # 99 only


@dataclass(frozen=True, slots=True)
class X9Control:
    """A control record, or a deposit ticket, that does not agree with the checks that it covers."""

    name: str  # "bundle control", "cash letter control", "file control" or "deposit ticket"
    record: int
    first: int  # of its checks, counted from 1 through the file
    last: int  # before `first` if there are none
    reasons: tuple[str, ...]  # "items: says 3, counted 2"


@dataclass(frozen=True, slots=True)
class X9Image:
    """One view: record 50 describes it, record 52 holds it, record 54 may assess its quality."""

    side: str  # "front" or "back"
    data: bytes = field(repr=False)
    format: str = "00"  # 00 TIFF, 21 JFIF
    compression: str = "00"  # 00 Group 4
    creator_routing: str = ""
    created_on: date | None = None
    descriptor: str = "00"  # 00 full view, 01.. a part of it
    reference_key: str = ""
    signature: bytes = field(default=b"", repr=False)
    analysis: str = ""  # record 54 from its third character
    record: int = field(default=0, compare=False)  # number of record 52
    offset: int = field(default=0, compare=False)  # byte of the file where `data` starts


@dataclass(frozen=True, slots=True)
class X9Addendum:
    """One addendum (26-28, 32-35): its record type and its fields, by the names in `fields`."""

    code: str
    fields: Mapping[str, str]
    record: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class X9Check:
    """One check (25) or returned check (31). What could not be read is "" or None, and listed in `problems`."""

    routing: str  # 9 digits with check digit
    on_us: str  # account/serial, the slash standing for the on-us symbol
    amount_cents: int | None
    sequence: str  # the sender's number of the item
    aux_on_us: str = ""
    epc: str = ""  # external processing code, position 44 of the MICR line
    documentation: str = "G"
    images: tuple[X9Image, ...] = ()
    addenda: tuple[X9Addendum, ...] = ()
    return_reason: str = ""  # record 31 only
    is_return: bool = False
    record: int = field(default=0, compare=False)
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def account(self) -> str:
        """The payer's account: the part before the last slash, or all of it without a slash."""
        return split_on_us(self.on_us)[0]

    @property
    def serial(self) -> str:
        """The check number: on business checks the auxiliary on-us field, else the part after the last slash.

        Where there is an auxiliary field, digits behind the slash are a transaction code.
        """
        return self.aux_on_us or split_on_us(self.on_us)[1]

    @property
    def front(self) -> X9Image | None:
        """The first full view of the front."""
        return next((image for image in self.images if image.side == "front"), None)

    @property
    def back(self) -> X9Image | None:
        """The first full view of the back."""
        return next((image for image in self.images if image.side == "back"), None)


@dataclass(frozen=True, slots=True)
class X9Credit:
    """One credit: the deposit ticket that the checks add up to (record 61 in layout A or B, or record 62)."""

    layout: str  # "A", "B" or "62"
    routing: str
    on_us: str
    amount_cents: int | None
    sequence: str = ""
    aux_on_us: str = ""
    epc: str = ""
    documentation: str = "G"
    account_type: str = ""
    source_of_work: str = ""  # record 62: "09" is lockbox
    images: tuple[X9Image, ...] = ()
    addenda: tuple[X9Addendum, ...] = ()
    record: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class X9Bundle:
    """Everything between records 20 and 70."""

    id: str = ""
    sequence: str = ""
    business_date: date | None = None
    checks: tuple[X9Check, ...] = ()
    credits: tuple[X9Credit, ...] = ()
    stated: X9Totals | None = field(default=None, compare=False)
    record: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class X9CashLetter:
    """Everything between records 10 and 90."""

    id: str = ""
    destination_routing: str = ""
    origin_routing: str = ""
    business_date: date | None = None
    created_at: datetime | None = None  # the sender's local time; the standard has no time zone
    bundles: tuple[X9Bundle, ...] = ()
    credits: tuple[X9Credit, ...] = ()  # those outside bundles
    collection_type: str = "01"
    origin_name: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    stated: X9Totals | None = field(default=None, compare=False)
    record: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class X9File:
    """One file. `source` and `records` are what was read, byte for byte; both are empty in a file that we made."""

    name: str
    destination_routing: str
    origin_routing: str
    created_at: datetime | None  # the sender's local time
    cash_letters: tuple[X9CashLetter, ...] = ()
    level: str = "03"
    test: bool = False
    destination_name: str = ""
    origin_name: str = ""
    file_id: str = ""
    country: str = ""
    encoding: str = field(default="ebcdic", compare=False)  # or "ascii"
    framing: str = field(default="length", compare=False)  # or "newline"
    problems: tuple[Problem, ...] = field(default=(), compare=False)
    stated: X9Totals | None = field(default=None, compare=False)
    stated_of_checks: X9Totals | None = field(default=None, compare=False)  # the same without the credits
    credits_counted: bool | None = field(default=None, compare=False)  # None: no credits, or undecided
    failing_controls: tuple[X9Control, ...] = field(default=(), compare=False)
    records: tuple[Record, ...] = field(default=(), compare=False, repr=False)
    source: bytes = field(default=b"", compare=False, repr=False)

    @property
    def checks(self) -> tuple[X9Check, ...]:
        """All checks in file order."""
        return tuple(check for bundle in self._bundles() for check in bundle.checks)

    @property
    def credits(self) -> tuple[X9Credit, ...]:
        """All credits, those outside bundles first in each cash letter."""
        return tuple(
            credit
            for letter in self.cash_letters
            for credit in (*letter.credits, *(inner for bundle in letter.bundles for inner in bundle.credits))
        )

    @property
    def amount_cents(self) -> int:
        """The sum of the checks whose amount could be read."""
        return sum(check.amount_cents or 0 for check in self.checks)

    def raw(self, record: Record) -> bytes:
        """The bytes of one record as they came, without length prefix or line end."""
        return self.source[record.offset : record.offset + record.size_bytes]

    def _bundles(self) -> Iterator[X9Bundle]:
        return (bundle for letter in self.cash_letters for bundle in letter.bundles)


def split_on_us(on_us: str) -> tuple[str, str]:
    """Account and serial of an on-us field in the form `account/serial`; "" for what is not there."""
    account, slash, serial = on_us.strip().strip("/").rpartition("/")
    if slash:
        return account.strip(), serial.strip()
    return serial.strip(), ""
