"""Sorts the records of a file into cash letters, bundles, and items, even when some are missing or doubled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from stdnum.us import rtn

from lockbox.formats.records import Layout, is_number
from lockbox.formats.x9 import fields as layouts
from lockbox.formats.x9.framing import CODECS, Frames
from lockbox.formats.x9.images import day, read_view
from lockbox.formats.x9.types import Problem, Record, X9Addendum, X9Image, X9Profile, X9Totals

LEVELS = ("03", "30", "35")
LAYOUTS_61 = (layouts.CREDIT_A, layouts.CREDIT_B)
VARIABLE = ("27", "34", "52")  # more follows their fixed fields
ON_US = frozenset("0123456789/- ")
ANYTHING = ("reserved", "user", "usability_and_user")  # fields whose content is nobody's business


@dataclass(slots=True)
class ItemDraft:
    """A check, a return, or a credit whose records are still coming in."""

    record: Record
    layout: Layout
    fields: dict[str, str]
    images: list[X9Image] = field(default_factory=list)
    addenda: list[X9Addendum] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    view: tuple[Record, Mapping[str, str]] | None = None  # a record 50 still waiting for its record 52
    image_records: int = 0  # usable or not: the totals count them all


@dataclass(slots=True)
class BundleDraft:
    record: int
    fields: Mapping[str, str]
    checks: list[ItemDraft] = field(default_factory=list)
    credits: list[ItemDraft] = field(default_factory=list)
    stated: X9Totals | None = None


@dataclass(slots=True)
class LetterDraft:
    record: int
    fields: Mapping[str, str]
    bundles: list[BundleDraft] = field(default_factory=list)
    credits: list[ItemDraft] = field(default_factory=list)
    stated: X9Totals | None = None
    closing: Mapping[str, str] = field(default_factory=dict)


class Reader:
    """Takes records one at a time and keeps the open cash letter, bundle, and item."""

    def __init__(self, data: bytes, framed: Frames, profile: X9Profile) -> None:
        self.data, self.framed, self.profile = data, framed, profile
        self.codec = CODECS[framed.encoding]
        self.layout_61 = self.credit_layout()
        self.problems = list(framed.problems)
        self.header: Mapping[str, str] = {}
        self.stated: X9Totals | None = None
        self.letters: list[LetterDraft] = []
        self.letter: LetterDraft | None = None
        self.bundle: BundleDraft | None = None
        self.item: ItemDraft | None = None
        self.doubt = False  # something unreadable came after the record of the open item

    def take(self, record: Record) -> None:
        """Put one record where it belongs."""
        if record.number in self.framed.damaged_before:
            self.doubt = True
        code = record.code
        if code in ("25", "31"):
            self.take_check(record)
        elif code in ("61", "62"):
            self.take_credit(record)
        elif code in layouts.ADDENDA:
            self.take_addendum(record)
        elif code in ("50", "52", "54"):
            self.take_image(record)
        elif code in ("01", "10", "20", "70", "90", "99"):
            self.take_frame(record)
        elif not code:
            self.doubt = True
            self.report(record.number, "code", f"unknown record type {self.text(record)[:2]!r}")

    def credit_layout(self) -> Layout:
        """Layout of record 61: the one that makes credits equal debits, else the first one in which it makes sense."""
        if self.profile.credit_layout is not None:
            return layouts.CREDIT_B if self.profile.credit_layout == "B" else layouts.CREDIT_A
        credits = [self.text(record) for record in self.framed.records if record.code == "61"]
        checks = [record for record in self.framed.records if record.code in ("25", "31")] if credits else []
        debits = sum(cents_of(layouts.LAYOUTS[check.code].unpack(self.text(check))) or 0 for check in checks)
        read = {layout.title: [layout.unpack(text) for text in credits] for layout in LAYOUTS_61}
        for layout in LAYOUTS_61:
            if sum(cents_of(fields) or 0 for fields in read[layout.title]) == debits:
                return layout
        return next((each for each in LAYOUTS_61 if all(map(_makes_sense, read[each.title]))), layouts.CREDIT_A)

    def starts_again(self, record: Record) -> bool:
        """Whether a second file starts here: none of it is read, because its items would count twice."""
        if record.code != "01" or not (self.header or self.stated):
            return False
        left = len(self.framed.records) - record.number + 1
        self.report(record.number, "code", f"a second file header; {left} records from here on were not read")
        return True

    # Frame: file, cash letters, bundles

    def take_frame(self, record: Record) -> None:
        """Header records open, control records close."""
        self.close_item()
        fields = self.unpack(record, layouts.LAYOUTS[record.code])
        self.check_dates(record, fields)
        if record.code == "01":
            self.header = fields
            if fields["level"] not in LEVELS:
                self.report(record.number, "level", f"{fields['level']!r} is none of {', '.join(LEVELS)}")
        elif record.code == "10":
            self.close_letter(record.number)
            self.open_letter(record.number, fields)
        elif record.code == "20":
            self.close_bundle(record.number)
            self.open_bundle(record.number, fields)
        elif record.code == "70":
            self.end_bundle(record, fields)
        elif record.code == "90":
            self.end_letter(record, fields)
        else:
            self.end_file(record, fields)

    def check_dates(self, record: Record, fields: Mapping[str, str]) -> None:
        for key in ("business_date", "created_on", "settlement_date"):
            text = fields.get(key, "")
            if text.strip("0") and day(text) is None:
                self.report(record.number, key, "not a date")

    def open_letter(self, number: int, fields: Mapping[str, str]) -> LetterDraft:
        self.letter = LetterDraft(number, fields)
        self.letters.append(self.letter)
        return self.letter

    def open_bundle(self, number: int, fields: Mapping[str, str]) -> BundleDraft:
        if self.letter is None:
            self.report(number, "code", "outside a cash letter: record 10 is missing")
        letter = self.letter or self.open_letter(number, {})
        self.bundle = BundleDraft(number, fields)
        letter.bundles.append(self.bundle)
        return self.bundle

    def close_bundle(self, number: int) -> None:
        self.close_item()
        if self.bundle is not None:
            self.report(number, "code", f"bundle of record {self.bundle.record} has no record 70")
            self.bundle = None

    def close_letter(self, number: int) -> None:
        self.close_bundle(number)
        if self.letter is not None:
            self.report(number, "code", f"cash letter of record {self.letter.record} has no record 90")
            self.letter = None

    def end_bundle(self, record: Record, fields: Mapping[str, str]) -> None:
        if self.bundle is None:
            self.report(record.number, "code", "bundle control without its bundle")
            return
        self.bundle.stated = self.totals(record, fields)
        self.bundle = None

    def end_letter(self, record: Record, fields: Mapping[str, str]) -> None:
        self.close_bundle(record.number)
        if self.letter is None:
            self.report(record.number, "code", "cash letter control without its cash letter")
            return
        self.letter.stated = self.totals(record, fields)
        self.letter.closing = fields
        self.letter = None

    def end_file(self, record: Record, fields: Mapping[str, str]) -> None:
        self.close_letter(record.number)
        if self.stated is not None:
            self.report(record.number, "code", f"file control comes again, first in record {self.stated.record}")
            return
        self.stated = self.totals(record, fields)

    def totals(self, record: Record, fields: Mapping[str, str]) -> X9Totals:
        """The numbers of a control record; a blank count is not stated, a blank amount is an error."""
        numbers: dict[str, int | None] = {}
        for key in ("items", "amount", "images", "bundles", "cash_letters", "records"):
            text = fields.get(key, "")
            numbers[key] = int(text) if is_number(text) else None
            if key in fields and not is_number(text) and (text or key == "amount"):
                self.report(record.number, key, "not a number")
        amount = numbers.pop("amount")
        return X9Totals(record=record.number, amount_cents=amount, **numbers)

    # Items

    def take_check(self, record: Record) -> None:
        self.close_item()
        if self.bundle is None:
            self.report(record.number, "code", "outside a bundle: record 20 is missing")
        bundle = self.bundle or self.open_bundle(record.number, {})
        self.item = self.draft(record, layouts.LAYOUTS[record.code])
        bundle.checks.append(self.item)
        self.check_routing(self.item)
        self.check_number(self.item, "amount")
        self.check_account(self.item)

    def take_credit(self, record: Record) -> None:
        self.close_item()
        if self.letter is None:
            self.report(record.number, "code", "outside a cash letter: record 10 is missing")
        home = self.bundle or self.letter or self.open_letter(record.number, {})
        self.item = self.draft(record, self.layout_61 if record.code == "61" else layouts.CREDIT_ITEM)
        home.credits.append(self.item)
        self.check_number(self.item, "amount")

    def draft(self, record: Record, layout: Layout) -> ItemDraft:
        draft = ItemDraft(record, layout, {})
        draft.fields = self.unpack(record, layout, draft)
        return draft

    def close_item(self) -> None:
        """The open item has all its records."""
        if self.item is not None:
            self.close_view(self.item)
        self.item, self.doubt = None, False

    def close_view(self, item: ItemDraft) -> None:
        if item.view is not None and item.view[1]["indicator"] != "0":
            self.report(item.view[0].number, "code", "image announced, but its record 52 is missing", item)
        item.view = None

    def check_routing(self, item: ItemDraft) -> None:
        routing = item.fields["routing"] + item.fields["check_digit"]
        if not (is_number(routing) and len(routing) == 9):
            self.report(item.record.number, "routing", "not 9 digits", item)
        elif not rtn.is_valid(routing):
            self.report(item.record.number, "routing", "its check digit is wrong", item)

    def check_account(self, item: ItemDraft) -> None:
        """An account with a digit left out would be another account: it is not used."""
        for key in ("on_us", "aux_on_us"):
            if not ON_US.issuperset(item.fields.get(key, "")):
                self.report(
                    item.record.number, key, "has other characters than digits, blanks, - and /; not used", item
                )
                item.fields[key] = ""

    def check_number(self, item: ItemDraft, key: str) -> None:
        if not is_number(item.fields[key]):
            self.report(item.record.number, key, "not a number", item)

    def take_addendum(self, record: Record) -> None:
        if self.item is None or self.doubt:
            self.report(record.number, "code", f"addendum {record.code} without its item; left out")
            return
        text = self.text(record)
        fields = self.unpack(record, layouts.ADDENDA[record.code], self.item)
        if record.code in ("27", "34"):
            fields |= self.variable_parts(record, text, fields)
        self.item.addenda.append(X9Addendum(record.code, fields, record.number))

    def variable_parts(self, record: Record, text: str, fields: Mapping[str, str]) -> dict[str, str]:
        """What follows the fixed fields of 27 and 34: reference key, description, and user field."""
        length = fields["key_length"].strip() or "0"
        if not is_number(length):
            self.report(record.number, "key_length", "not a number", self.item)
            length = "0"
        rest = text[22:]
        size = int(length)
        return {
            "key": rest[:size].strip(),
            "description": rest[size : size + 15].strip(),
            "user": rest[size + 15 : size + 19].strip(),
        }

    # Images

    def take_image(self, record: Record) -> None:
        item = self.item
        if item is None:
            self.report(record.number, "code", f"record {record.code} without its item; left out")
        elif record.code == "50":
            self.close_view(item)
            item.view = (record, self.unpack(record, layouts.IMAGE_DETAIL, item))
        elif record.code == "54":
            self.take_analysis(item, record)
        else:
            self.take_view(item, record)

    def take_analysis(self, item: ItemDraft, record: Record) -> None:
        if item.image_records > len(item.images):
            return  # belongs to an image that was left out and reported already
        if not item.images or self.doubt:
            self.report(record.number, "code", "image analysis without its image; left out", item)
            return
        item.images[-1] = replace(item.images[-1], analysis=self.text(record)[2:].rstrip())

    def take_view(self, item: ItemDraft, record: Record) -> None:
        item.image_records += 1
        view, item.view = item.view, None
        fields = self.unpack(record, layouts.IMAGE_DATA, item)
        reason = self.mismatch(item, fields["sequence"])
        if reason is None and view is None:
            reason = "image without its record 50"
        if reason is not None or view is None:
            self.report(record.number, "code", f"{reason}; left out", item)
            return
        image, problems = read_view(self.data, self.codec, record, *view)
        for problem in problems:
            self.report(problem.record, problem.field, problem.reason, item)
        if image is not None:
            self.add_image(item, image)

    def mismatch(self, item: ItemDraft, sequence: str) -> str | None:
        """Why an image with this sequence number may not belong to the item, or None."""
        own = item.fields["sequence"]
        same = (own.lstrip("0") or own) == (sequence.lstrip("0") or sequence)
        if sequence and own and not same and self.profile.images_name_item:
            return "an image of another item: its sequence is not that of the item"
        if self.doubt and not (sequence and same):
            return "image may belong to an item that could not be read"
        return None

    def add_image(self, item: ItemDraft, image: X9Image) -> None:
        """A second view of the same side more likely belongs to another check, whose record was lost."""
        if any((known.side, known.descriptor) == (image.side, image.descriptor) for known in item.images):
            self.report(image.record, "side", f"a second {image.side}; left out", item)
            return
        item.images.append(image)

    # The end, and problems

    def end(self) -> None:
        """All records have been taken."""
        self.close_item()
        if not self.header:
            self.report(0, "", "no file header (record 01)")
        if self.stated is None:
            self.close_letter(self.framed.records[-1].number)
            self.report(0, "", "no file control (record 99): the file is not complete")

    def report(self, record: int, name: str, reason: str, item: ItemDraft | None = None) -> None:
        """Note a problem, for the file and for its item."""
        problem = Problem(record, name, reason)
        self.problems.append(problem)
        if item is not None:
            item.problems.append(problem)

    def text(self, record: Record) -> str:
        """The record's characters; of a record 52 only the fixed ones, since the rest is bytes."""
        size = min(record.size_bytes, layouts.IMAGE_DATA.length) if record.code == "52" else record.size_bytes
        return self.data[record.offset : record.offset + size].decode(self.codec)

    def unpack(self, record: Record, layout: Layout, item: ItemDraft | None = None) -> dict[str, str]:
        """The record's fields. Characters that no text has are reported and left out; in numbers they stay, since none
        of the digits may be dropped."""
        text = self.text(record)
        if len(text) < layout.length or (text[layout.length :].strip(" \0") and record.code not in VARIABLE):
            reason = f"{record.size_bytes} characters, record {record.code} has {layout.length}"
            self.report(record.number, "", reason, item)
        fields = layout.unpack(text)
        for each in layout.fields:
            value = fields[each.name]
            if each.kind == "A" and not value.isprintable() and each.name not in ANYTHING:
                self.report(record.number, each.name, "has characters that are no text", item)
                fields[each.name] = "".join(filter(str.isprintable, value)).strip()
        return fields


def cents_of(fields: Mapping[str, str]) -> int | None:
    """The amount of an item, or None if it is not a number."""
    return int(fields["amount"]) if is_number(fields["amount"]) else None


def _makes_sense(credit: Mapping[str, str]) -> bool:
    return cents_of(credit) is not None and is_number(credit["routing"]) and len(credit["routing"]) == 9
