"""The index of a scan folder: its rows, each a document of an envelope with the names of its two images."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from reprlib import repr as shown

from lockbox.errors import InputError
from lockbox.mail.delivery import IntakeLimits, SetAside

INDEX = "index.csv"
COLUMNS = ("sequence", "envelope", "front", "back")
MAX_DIGITS = 9  # of a sequence or envelope number
DELIMITERS = ",;\t|"
Cells = tuple[str, str, str, str]


@dataclass(slots=True)
class Row:
    """One row of the index. Its numbers are its own, or assigned after all others if its own cannot be used."""

    line: int
    cells: Cells
    sequence: int = 0
    envelope_no: int = 0
    faults: list[tuple[str, str]] = field(default_factory=list)  # field, reason: the row is rejected

    @property
    def record(self) -> str:
        return f"row {self.line}"


def read_rows(index: str, limits: IntakeLimits) -> list[Row]:
    """The rows of the index, not numbered yet.

    Raises:
        InputError: no header, a missing or repeated column, no rows, too many rows, not CSV.
    """
    sheet, skipped = _without_hint(index)
    reader = csv.reader(io.StringIO(sheet, newline=""), delimiter=_delimiter(sheet), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        for column in COLUMNS:
            if header.count(column) != 1:
                reason = "column is missing" if column not in header else "column appears twice"
                raise InputError(f"{reason}; the first row is {shown(', '.join(header))}", INDEX, "row 1", column)
        places = [header.index(column) for column in COLUMNS]
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(reader.line_num + skipped, cells, places, len(header)))
            if len(rows) > limits.max_documents:
                raise InputError(f"more than {limits.max_documents} rows", INDEX)
    except csv.Error as error:
        raise InputError(f"not CSV: {error}", INDEX, f"row {reader.line_num + skipped}") from error
    if not rows:
        raise InputError("lists no documents", INDEX)
    return rows


def _without_hint(index: str) -> tuple[str, int]:
    """The index without a first line that tells a spreadsheet the delimiter ("sep=;"), and how many lines that were."""
    first, _, rest = index.partition("\n")
    return (rest, 1) if first.strip().lower().startswith("sep=") else (index, 0)


def _delimiter(index: str) -> str:
    """The delimiter that finds most columns in the header: spreadsheets of other countries write ";" or tabs."""
    header = index.lstrip().partition("\n")[0].lower()

    def columns(delimiter: str) -> int:
        return len({cell.strip(' "\r') for cell in header.split(delimiter)} & set(COLUMNS))

    return max(DELIMITERS, key=columns)


def distinct(rows: list[Row], faults: list[SetAside]) -> list[Row]:
    """The rows, numbered; one that repeats another in every cell is not a new document and is set aside."""
    first_rows: dict[Cells, Row] = {}
    for row in rows:
        first = first_rows.setdefault(row.cells, row)
        if first is not row:
            faults.append(SetAside(INDEX, row.record, "", f"repeats {first.record} in every cell; ignored"))
    distinct = list(first_rows.values())
    _number(distinct)
    return distinct


def _row(line: int, cells: list[str], places: list[int], width: int) -> Row:
    filled = [cell.strip() for cell in cells] + [""] * (width - len(cells))
    sequence, envelope, front, back = (filled[place] for place in places)
    row = Row(line, (sequence, envelope, front, back))
    if len(cells) != width:
        row.faults.append(("", f"{len(cells)} cells, but the header has {width}"))
    return row


def _number(rows: list[Row]) -> None:
    """Gives every row its sequence and envelope number: its own where it can be used.

    A row whose number is unusable or taken is still a captured document. It is rejected under a number above the
    batch's highest, the same one whenever the batch is read.
    """
    taken: dict[int, int] = {}
    for row in rows:
        number = positive(row.cells[0])
        if number is None:
            row.faults.append(("sequence", f"{row.cells[0]!r} is not a number of 1 or more"))
        elif number in taken:
            row.faults.append(("sequence", f"{number} is used twice, first in row {taken[number]}"))
        else:
            taken[number], row.sequence = row.line, number
        envelope = positive(row.cells[1])
        if envelope is None:
            row.faults.append(("envelope", f"{row.cells[1]!r} is not a number of 1 or more"))
        row.envelope_no = envelope or 0
    last = max(taken, default=0)
    last_envelope = max((row.envelope_no for row in rows), default=0)
    for row in rows:
        if not row.sequence:
            last += 1
            row.sequence = last
        if not row.envelope_no:
            last_envelope += 1
            row.envelope_no = last_envelope


def positive(cell: str) -> int | None:
    """The number of 1 or more in a cell, or None."""
    plain = cell.isascii() and cell.isdigit() and len(cell) <= MAX_DIGITS
    return int(cell) if plain and int(cell) > 0 else None
