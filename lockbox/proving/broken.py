"""Broken, hostile, and strange images, made from a seed, and what the readers make of them: always a reading."""

from __future__ import annotations

import io
import os
import resource
import struct
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from lockbox.parallel import fresh
from lockbox.proving.report import table

HANG_S = 300.0  # wall time; the machine may be busy
MOST_MIB = 1024
STUMBLED = "reading failed:"  # what `ocr.reader` says when a recognizer raised
Bases = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One image and what is wrong with it."""

    kind: str
    front: bytes
    back: bytes | None = None


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the readers made of one case."""

    kind: str  # of document
    problems: tuple[str, ...]
    decoded: bool
    cpu_ms: float
    peak_mib: float


@dataclass(slots=True)
class Tally:
    """All cases of one kind."""

    count: int = 0
    refused: int = 0
    stumbled: list[str] = field(default_factory=list)
    silent: int = 0  # refused without a reason: must not happen
    slowest_ms: float = 0.0


@dataclass(slots=True)
class Outcome:
    """The outcome of a whole run."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    crashed: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    peak_mib: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether there was no crash, no hang, a reason for each refusal, and bounded memory."""
        silent = any(tally.silent for tally in self.tallies.values())
        return not self.crashed and not self.hung and not silent and self.peak_mib < MOST_MIB


def fuzz(seed: int, count: int, tell: Callable[[int], None]) -> Outcome:
    """Reads `count` broken images of a seed in a process of their own, one after the other."""
    outcome = Outcome()
    pool = _pool()
    for at, case in enumerate(cases(seed, count)):
        try:
            result = pool.submit(read, case).result(HANG_S)
        except (TooLong, BrokenProcessPool) as error:
            (outcome.hung if isinstance(error, TooLong) else outcome.crashed).append(f"{case.kind}, number {at}")
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
            pool = _pool()
            continue
        note(outcome, case, result)
        tell(at + 1)
    pool.shutdown()
    return outcome


def note(outcome: Outcome, case: Case, result: CaseResult) -> None:
    """Adds one case to the tally."""
    tally = outcome.tallies[case.kind]
    tally.count += 1
    tally.refused += not result.decoded
    tally.silent += not result.decoded and not any(problem.strip() for problem in result.problems)
    tally.stumbled += [problem for problem in result.problems if STUMBLED in problem]
    tally.slowest_ms = max(tally.slowest_ms, result.cpu_ms)
    outcome.peak_mib = max(outcome.peak_mib, result.peak_mib)


def read(case: Case) -> CaseResult:
    """Runs one case through the readers."""
    from ocr.reader import read_document

    begun = time.process_time()
    reading = read_document(case.front, case.back)
    cpu_ms = (time.process_time() - begun) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return CaseResult(str(reading.kind), reading.problems, reading.width_px > 0, cpu_ms, peak)


def describe(outcome: Outcome) -> str:
    """The outcome as a table."""
    rows = [
        [kind, str(tally.count), str(tally.refused), str(len(tally.stumbled)), f"{tally.slowest_ms:,.0f}"]
        for kind, tally in sorted(outcome.tallies.items())
    ]
    lines = [table(("what", "images", "refused with a reason", "a reader stumbled", "slowest, CPU ms"), rows)]
    lines.append(f"\nmemory peak {outcome.peak_mib:.0f} MiB; {len(outcome.crashed)} crashed, {len(outcome.hung)} hung")
    lines += [f"  crashed: {name}" for name in outcome.crashed] + [f"  hung: {name}" for name in outcome.hung]
    problems = sorted({problem for tally in outcome.tallies.values() for problem in tally.stumbled})
    return "\n".join(lines + [f"  stumbled: {problem}" for problem in problems[:20]])


def cases(seed: int, count: int) -> Iterator[Case]:
    """The images: each kind in turn, each from its own seed; the same seed gives the same bytes."""
    bases = _bases()
    for at in range(count):
        kind, make = list(_MAKERS.items())[at % len(_MAKERS)]
        rng = Random(f"{seed}:{at}")
        made = make(rng, bases)
        back = rng.choice(bases)[: rng.randrange(1, 4000)] if rng.random() < 0.1 else None
        yield Case(kind, made, back)


def _pool() -> ProcessPoolExecutor:
    pool = fresh(1, _quiet)
    pool.submit(callable, read).result()  # started: the start does not count as a hang
    return pool


def _quiet() -> None:
    """libtiff reports all damage on the error stream; the reading reports it already."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)


def _bases() -> Bases:
    """Sound documents to break: a check and a coupon of drawn mail, both formats, and a small PNG."""
    from dataclasses import replace

    from lockbox.proving.drawn_mail import DAY
    from lockbox.settings import Settings
    from lockbox.simulator.inbox import render
    from lockbox.simulator.lender_terms import terms_of
    from lockbox.simulator.mail import make_day
    from lockbox.simulator.papers import CheckPaper, ScanManner
    from lockbox.simulator.portfolio import make_portfolio

    terms = terms_of(Settings().profile)
    day = make_day(make_portfolio(5, DAY, b"k" * 32, 40, terms.lender_id), 5, DAY, terms, 12)
    documents = [document for batch in day.batches for document in batch.documents]
    check = next(document for document in documents if isinstance(document.paper, CheckPaper))
    coupon = next(document for document in documents if document.truth.kind == "coupon")
    made = [
        render(replace(document, manner=manner))[0]
        for document in (check, coupon)
        for manner in (ScanManner(), ScanManner(format="jpeg", dpi=100))
    ]
    return (*made, _saved(Image.new("L", (300, 130), 200), "PNG"))


def _truncated(rng: Random, bases: Bases) -> bytes:
    data = rng.choice(bases)
    return data[: rng.randrange(len(data))]


def _flipped(rng: Random, bases: Bases) -> bytes:
    data = bytearray(rng.choice(bases))
    for _ in range(rng.choice((1, 3, 10, 100))):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def _header(rng: Random, bases: Bases) -> bytes:
    """Damage to the structure: the first bytes, and a TIFF's directory."""
    data = bytearray(rng.choice(bases))
    start = struct.unpack_from("<I", data, 4)[0] if data[:2] == b"II" and rng.random() < 0.7 else 4
    for _ in range(rng.choice((1, 2, 5))):
        at = min(len(data) - 1, start + rng.randrange(180))
        data[at] = rng.choice((0, 1, 255, rng.randrange(256)))
    return bytes(data)


def _spliced(rng: Random, bases: Bases) -> bytes:
    head, tail = rng.choice(bases), rng.choice(bases)
    return head[: rng.randrange(len(head))] + tail[rng.randrange(len(tail)) :]


def _stranger(rng: Random, _bases: Bases) -> bytes:
    """Not an image, or one of a kind that we do not accept."""
    picture = Image.new("L", (200, 90), 180)
    kinds = [_saved(picture, kind) for kind in ("GIF", "BMP", "WEBP", "PPM")]
    plain = [b"", b"\0", b"II*\0", b"MM\0*", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7\n", b"PK\x03\x04"]
    head = rng.choice(plain)
    return rng.choice([*kinds, head, head + rng.randbytes(rng.randrange(5000)), rng.randbytes(2000)])


def _bomb(rng: Random, _bases: Bases) -> bytes:
    """Few bytes that claim many pixels, or cause much work."""
    side = rng.choice((7_000, 20_000, 60_000, 2**31 - 1))
    kind = rng.randrange(4)
    if kind == 0:
        return _png(side, side, zlib.compress(bytes(10**6), 9))
    if kind == 1:
        return _saved(Image.new("1", (15_000, rng.choice((40, 2_000))), 1), "TIFF", compression="group4")
    if kind == 2:
        data = bytearray(_saved(Image.new("1", (400, 200), 1), "TIFF", compression="group4"))
        return bytes(data).replace(struct.pack("<HHIHH", 256, 3, 1, 400, 0), struct.pack("<HHII", 256, 4, 1, side))
    scans = _saved(Image.new("L", (64, 64), 90), "JPEG", progressive=True)
    return scans[:-2] + scans[scans.index(b"\xff\xda") : -2] * rng.choice((50, 5_000)) + b"\xff\xd9"


def _tiny(rng: Random, _bases: Bases) -> bytes:
    size = rng.choice(
        ((1, 1), (1, 5000), (5000, 1), (31, 31), (32, 32), (33, 16_000), (16_000, 33), (40, 90), (90, 40))
    )
    noise = np.random.Generator(np.random.PCG64(rng.randrange(2**32)))
    picture = Image.fromarray(noise.integers(0, 256, (size[1], size[0]), dtype=np.uint8))
    return _saved(picture, rng.choice(("PNG", "TIFF", "JPEG")))


def _mode(rng: Random, bases: Bases) -> bytes:
    """A sound document in a form that check scanners do not use: 16 bits, CMYK, palettes, transparency."""
    gray = _gray(rng.choice(bases))
    deep = np.asarray(gray, np.uint16) * 257
    ways: list[Callable[[], bytes]] = [
        lambda: _saved(Image.fromarray(deep), rng.choice(("PNG", "TIFF"))),
        lambda: _saved(Image.fromarray(deep.astype(np.int32)), "TIFF"),
        lambda: _saved(Image.fromarray(deep.astype(np.float32)), "TIFF"),
        lambda: _saved(gray.convert("CMYK"), rng.choice(("TIFF", "JPEG"))),
        lambda: _saved(gray.convert("RGBA"), rng.choice(("PNG", "TIFF"))),
        lambda: _saved(gray.convert("LA"), "PNG"),
        lambda: _saved(gray.convert("P"), "PNG", transparency=0),
        lambda: _saved(gray.convert("YCbCr"), "JPEG"),
        lambda: _saved(gray.convert("1"), "TIFF", compression=rng.choice(("group3", "packbits", "tiff_lzw"))),
    ]
    return rng.choice(ways)()


def _pages(rng: Random, bases: Bases) -> bytes:
    """Several pages, as in multi-page scans, or a directory that points back to itself."""
    first = _gray(rng.choice(bases))
    more = [Image.new("L", (60, 60), 255)] * rng.choice((1, 3, 200))
    data = _saved(first, "TIFF", save_all=True, append_images=more)
    if rng.random() < 0.3:
        loop = bytearray(bases[0])
        (at,) = struct.unpack_from("<I", loop, 4)
        (count,) = struct.unpack_from("<H", loop, at)
        struct.pack_into("<I", loop, at + 2 + 12 * count, at)
        return bytes(loop)
    return data


def _resolution(rng: Random, bases: Bases) -> bytes:
    gray = _gray(rng.choice(bases))
    dpi = rng.choice(((0, 0), (1, 1), (200, 100), (100, 200), (72, 72), (1e6, 1e6), (200, 2), (1200, 1200)))
    return _saved(gray, rng.choice(("TIFF", "PNG")), dpi=dpi)


def _pattern(rng: Random, _bases: Bases) -> bytes:
    """Patterns of no real paper that detectors may choke on: noise, grids, stripes, black, dots."""
    chance = np.random.Generator(np.random.PCG64(rng.randrange(2**32)))
    height, width = rng.choice(((550, 1200), (733, 1577), (300, 900), (2200, 1700)))
    y, x = np.mgrid[0:height, 0:width]
    patterns: list[Callable[[], Any]] = [
        lambda: chance.integers(0, 256, (height, width)),
        lambda: np.where(chance.random((height, width)) < rng.choice((0.01, 0.1, 0.5)), 0, 255),
        lambda: (x + y) % 2 * 255,
        lambda: (x // 3 % 2) * 255,
        lambda: (y // 4 % 2) * 255,
        lambda: np.where((x % 6 < 2) & (y % 6 < 2), 0, 255),
        lambda: np.zeros((height, width)),
        lambda: x * 255 // width,
        lambda: np.where((x % 25 < 3) | (y % 25 < 3), 0, 255),
    ]
    return _saved(Image.fromarray(rng.choice(patterns)().astype(np.uint8)), "PNG", dpi=(200, 200))


_MAKERS: dict[str, Callable[[Random, Bases], bytes]] = {
    "truncated": _truncated,
    "bytes changed": _flipped,
    "header changed": _header,
    "spliced": _spliced,
    "no image, or not ours": _stranger,
    "bomb": _bomb,
    "tiny or thin": _tiny,
    "odd form": _mode,
    "several pages": _pages,
    "odd resolution": _resolution,
    "pattern": _pattern,
}


def _gray(data: bytes) -> Image.Image:
    """The picture alone, without the resolution and coding of its file."""
    return Image.fromarray(np.asarray(Image.open(io.BytesIO(data)).convert("L")))


def _png(width: int, height: int, body: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()
