"""One delivered X9 file read as a batch: each check is an envelope of its own, with the sender's fields for it."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from stdnum.us import rtn

from lockbox.errors import InputError
from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Check, X9File, X9Image
from lockbox.mail.control_file import Doubts, believable_receipt, instant, parse_json, settles, text
from lockbox.mail.delivery import (
    CarriedFields,
    ControlTotals,
    FailingControl,
    ImageSource,
    IncomingBatch,
    IncomingDocument,
    IntakeLimits,
    SetAside,
    image_problem,
    media_type,
    with_flags,
)
from lockbox.scopes import BatchScope

SUFFIXES = (".x9", ".x937", ".icl")
MARKER = ".done"
MAX_MARKER_BYTES = 100_000


def read_x9_delivery(path: Path, site: str, business_date: date, limits: IntakeLimits) -> IncomingBatch:
    """The batch in the file; `<name>.done` beside it may be JSON with `box` and `received_at`.

    Raises:
        InputError: a link, too large, not an X9 file, a test that is not wanted, cut off or without its totals, or two
            files in one.
    """
    name = path.name
    if path.is_symlink():
        raise InputError("is a link, not a file", name)
    if path.stat().st_size > limits.max_x9_bytes:
        raise InputError(f"{path.stat().st_size:,} bytes; at most {limits.max_x9_bytes:,} are read", name)
    data = path.read_bytes()
    content = sha256(data).hexdigest()
    file = read_x9(data, name)
    if file.test and not limits.accept_test_files:
        reason = "says that it is a test: nothing of it is taken in; where tests are welcome, intake.accept_test_files"
        raise InputError(reason, name, "record 1", "test")
    _ensure_whole(file)
    if len(file.checks) > limits.max_documents:
        raise InputError(f"{len(file.checks)} checks; at most {limits.max_documents} are taken in", name)
    del data
    marker = _marker(path, site, business_date, limits.doubts)
    taken = [_document(path, number, check, limits) for number, check in enumerate(file.checks, 1)]
    documents = _flag_same_images([document for document, _ in taken])
    pairs = list(zip(documents, file.checks, strict=True))
    if not documents:
        raise InputError("contains no checks", name)
    return IncomingBatch(
        site=site,
        box=marker.box,
        business_date=business_date,
        batch_no=path.stem,
        received_at=marker.received_at,
        source_name=f"{site}/{business_date}/{name}",
        source_kind="x9",
        content_sha256=content,
        control=_control(file),
        documents=tuple(document for document, check in pairs if document.front and not check.is_return),
        rejected=tuple(document for document, check in pairs if not document.front or check.is_return),
        set_aside=(*marker.faults, *_file_faults(file), *(fault for _, faults in taken for fault in faults)),
        failing_controls=tuple(_failing_controls(file)),
        scanner=file.origin_name,
        settles=marker.settles,
    )


def _document(
    path: Path, sequence: int, check: X9Check, limits: IntakeLimits
) -> tuple[IncomingDocument, list[SetAside]]:
    """The document and every reason that concerns it."""
    faults = [
        SetAside(path.name, f"record {problem.record}", problem.field, problem.reason, sequence)
        for problem in check.problems
    ]
    sources: dict[str, ImageSource | None] = {}
    for side, image in (("front", check.front), ("back", check.back)):
        reason = image_problem(image.data, f"record {image.record}", limits) if image else None
        if image is not None and reason is not None:
            faults.append(SetAside(path.name, f"record {image.record}", "image", f"{side}: {reason}", sequence))
        sources[side] = _source(path, image) if image and reason is None else None
        if sources[side] is None:
            faults.append(SetAside(path.name, f"record {check.record}", side, f"no usable {side}", sequence))
    if check.is_return:
        reason = "a returned check, not a payment"
        faults.append(SetAside(path.name, f"record {check.record}", "code", reason, sequence))
    flags = ("back_missing",) if sources["back"] is None else ()
    front, back = sources["front"], sources["back"]
    # Without a front or back, a further view may be that side, wrongly labeled: it does not make up for it.
    more_views = len(check.images) - 2 if front and back else 0
    document = IncomingDocument(sequence, sequence, front, back, _carried(check), flags, more_views)
    return document, faults


def _source(path: Path, image: X9Image) -> ImageSource:
    return ImageSource(
        path=path,
        name=f"record {image.record}",
        sha256=sha256(image.data).hexdigest(),
        size_bytes=len(image.data),
        offset=image.offset,
        media_type=media_type(image.data),
    )


def _carried(check: X9Check) -> CarriedFields:
    return CarriedFields(
        routing=check.routing if rtn.is_valid(check.routing) else "",
        bank_account=_digits(check.account),
        serial=_digits(check.serial),
        aux_on_us=_digits(check.aux_on_us),
        amount_cents=check.amount_cents,
    )


def _digits(text: str) -> str:
    return "".join(character for character in text if character in "0123456789")


def _flag_same_images(documents: list[IncomingDocument]) -> list[IncomingDocument]:
    """The documents, flagged where they share their front with another, byte for byte."""
    fronts = Counter(document.front.sha256 for document in documents if document.front)
    return [
        replace(document, flags=with_flags(document, "same_image"))
        if document.front and fronts[document.front.sha256] > 1
        else document
        for document in documents
    ]


def _file_faults(file: X9File) -> list[SetAside]:
    """Problems that belong to no check: totals, missing or repeated control records."""
    of_checks = {problem for check in file.checks for problem in check.problems}
    return [
        SetAside(file.name, f"record {problem.record}" if problem.record else "", problem.field, problem.reason)
        for problem in file.problems
        if problem not in of_checks
    ]


def _failing_controls(file: X9File) -> Iterator[FailingControl]:
    """The outermost controls that do not hold: what is wrong in a bundle is wrong in all that is around it."""
    failing = file.failing_controls
    for control in failing:
        inside = [each for each in failing if control.first <= each.first and each.last <= control.last]
        around = [each for each in failing if each.first <= control.first and control.last <= each.last]
        if max(around, key=lambda each: (each.last - each.first, failing.index(each))) is control:
            nor = ", ".join(str(each.record) for each in inside if each is not control)
            reason = f"the {control.name} in record {control.record} does not hold ({'; '.join(control.reasons)})"
            reason += f"; nor do those in it ({nor})" if nor else ""
            yield FailingControl(f"record {control.record}", control.first, control.last, reason)


def _control(file: X9File) -> ControlTotals:
    stated = file.stated_of_checks
    if stated is None:
        return ControlTotals()
    return ControlTotals(documents=stated.items, images=stated.images, amount_cents=stated.amount_cents)


@dataclass(frozen=True, slots=True)
class _Marker:
    """What the marker beside the file says."""

    received_at: datetime
    box: str | None = None
    settles: tuple[str, ...] = ()
    faults: tuple[SetAside, ...] = ()


def _marker(path: Path, site: str, business_date: date, doubts: Doubts) -> _Marker:
    """The marker's fields; of an empty one, or one that cannot be read, only the time it was written is known.

    Raises:
        InputError: its time of receipt is not believed, or it does not name batches where it says which ones the file
            settles.
    """
    marker = path.with_name(path.name + MARKER)
    data = marker.read_bytes() if marker.stat().st_size <= MAX_MARKER_BYTES else b""
    plain, faults = _marker_fields(data, marker.name)
    stated = plain.get("received_at")
    try:
        box = text(plain, marker.name, "box") if plain.get("box") else None
        moment = None if stated is None else instant(str(stated), marker.name, "received_at")
    except InputError as error:
        plain, box, moment = {}, None, None
        faults = (*faults, SetAside(marker.name, "", "", f"cannot be read and is treated as empty: {error}"))
    if moment is not None:
        believable_receipt(moment, marker.name, business_date, doubts)
    settled = settles(plain, marker.name, BatchScope(site, business_date, path.stem))
    return _Marker(moment or _written_at(marker, business_date, doubts), box, settled, faults)


def _written_at(marker: Path, business_date: date, doubts: Doubts) -> datetime:
    """When the marker was written, at the latest now: it is here.

    Raises:
        InputError: too far from the business date, as that of a file that was copied later.
    """
    written_at = datetime.fromtimestamp(int(marker.stat().st_mtime), UTC)
    if doubts.now is None:
        return written_at
    return believable_receipt(min(written_at, doubts.now), marker.name, business_date, doubts)


def _marker_fields(data: bytes, name: str) -> tuple[dict[str, Any], tuple[SetAside, ...]]:
    """What the marker holds as JSON; a marker without any is empty."""
    if not data.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") and b"\0" not in data:
        return {}, ()
    try:
        return parse_json(data, name), ()
    except InputError as error:
        return {}, (SetAside(name, "", "", f"cannot be read and is treated as empty: {error}"),)


def _ensure_whole(file: X9File) -> None:
    """A file that is cut off may have lost anything: it is refused, so that the whole one can come under its name.

    Raises:
        InputError: a control record or one of the totals of record 99 is missing, or a second file begins.
    """
    again = "deliver the whole file again"
    headers = [record.number for record in file.records if record.code == "01"]
    if len(headers) > 1:
        raise InputError("a second file begins here; deliver each in a file of its own", file.name, headers[1], "code")
    if file.stated is None:
        reason = f"the file ends here without its file control (record 99); {again}"
        raise InputError(reason, file.name, len(file.records), "code")
    for letter in file.cash_letters:
        for bundle in letter.bundles:
            if bundle.stated is None:
                reason = f"this bundle has no bundle control (record 70); {again}"
                raise InputError(reason, file.name, bundle.record, "code")
        if letter.stated is None:
            reason = f"this cash letter has no cash letter control (record 90); {again}"
            raise InputError(reason, file.name, letter.record, "code")
    for name, total in (
        ("records", file.stated.records),
        ("items", file.stated.items),
        ("amount", file.stated.amount_cents),
    ):
        if total is None:
            raise InputError(f"the file control states no total; {again}", file.name, file.stated.record, name)
