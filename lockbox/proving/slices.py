"""A great count of mail read in slices: the counts of each day kept as a file, and all of them added up."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lockbox.errors import InputError
from lockbox.proving import report
from lockbox.proving.curve import Point, interval
from lockbox.proving.drawn_mail import Measured

FILE = "counts.json"
CPU_INFO = Path("/proc/cpuinfo")
# What decides how fast networks run, best first: flag and name.
INSTRUCTIONS = (
    ("avx512_vnni", "AVX-512 VNNI (8-bit instructions)"),
    ("avx_vnni", "AVX-VNNI (8-bit instructions)"),
    ("avx512f", "AVX-512"),
    ("avx2", "AVX2"),
)


@dataclass(frozen=True, slots=True)
class Slice:
    """The counts of one drawn day, and by what they were taken."""

    seed: int
    envelopes: int
    may_post: int  # checks that nothing forbids to post
    straight: int  # of these, posted without a person
    posted: int
    misread: int
    should_have_stopped: int
    readers: str
    processor: str


def counted(measured: Measured) -> Slice:
    """The counts of a day. A second scan whose first was held unread, and which posts right, is no misread."""
    assert measured.score is not None
    score = measured.score
    readers = measured.items[0].timed.reading.readers if measured.items else ""
    misread = len(score.misreads) - report.posted_once(measured)
    counts = (score.could_post, score.could_post_posted, score.posted, misread, len(score.wrongly_posted))
    return Slice(measured.seed, measured.envelopes, *counts, readers, processor())


def save(day: Slice, folder: Path) -> None:
    """Writes the counts beside the report."""
    (folder / FILE).write_text(json.dumps(asdict(day), indent=1) + "\n", encoding="utf-8")


def load(folder: Path) -> Slice:
    """The counts that a bench left in its folder.

    Raises:
        InputError: there are none.
    """
    try:
        return Slice(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise InputError(f"{folder} holds no counts of bench-reading", field="with") from error


def processor(cpu_info: Path = CPU_INFO) -> str:
    """The processor and the instructions that networks use on it."""
    try:
        lines = cpu_info.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = facts.get("flags", "").split()
    best = next((name for flag, name in INSTRUCTIONS if flag in flags), "no AVX2")
    return f"{facts.get('model name', platform.machine())}, {best}"


def added(days: Sequence[Slice]) -> str:
    """All slices and their sum, as Markdown, with what the sum proves.

    Raises:
        InputError: two are of the same seed, so that one day would count twice.
    """
    if len({day.seed for day in days}) < len(days):
        raise InputError("two slices are of the same seed", field="with")
    rows = [[str(day.seed), *_numbers([day])] for day in days]
    if len(days) > 1:
        rows.append(["all", *_numbers(days)])
    heads = ("seed", "envelopes", "may post", "straight-through", "95 %", "posted", "misread", "at most")
    table = report.table((*heads, "should have been stopped"), rows)
    readers, processors = ("; ".join(sorted(set(names))) for names in zip(*map(_by, days), strict=True))
    return f"{table}\n\nReaders: {readers}. Processor: {processors}."


def _by(day: Slice) -> tuple[str, str]:
    return day.readers, day.processor


def _numbers(days: Sequence[Slice]) -> list[str]:
    may, straight = sum(day.may_post for day in days), sum(day.straight for day in days)
    point = Point(0.0, sum(day.posted for day in days), sum(day.misread for day in days), may)
    low, high = interval(straight, may)
    return [
        f"{sum(day.envelopes for day in days):,}",
        f"{may:,}",
        f"{straight / max(1, may):.2%}",
        f"{low:.1%} to {high:.1%}",
        f"{point.accepted:,}",
        str(point.wrong),
        f"{point.proven:.3%}",
        str(sum(day.should_have_stopped for day in days)),
    ]
