"""Pictures of MICR lines as scanners deliver them, drawn or real, and of other print that must stay unread."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ocr.fields import micr_band
from ocr.image.e13b import HEIGHT_MODULES, MODULE_IN, draw_line
from ocr.image.prepare import ink
from training.fcn import HEIGHT_PX, Sample

CHAR_PX = 18  # height of a digit in the pictures the reader gets; 32 leaves room for slope and printers that drift
FONT_FOLDERS = (Path("/usr/share/fonts/truetype"), Path("/usr/share/fonts/opentype"))
_TURNABLE = str.maketrans("025BD", "739AC")  # these look alike upside-down: they must not be learned as foreign
Rng = np.random.Generator


@dataclass(frozen=True)
class RealLine:
    """One crop of a real check's MICR line."""

    gray: np.ndarray
    label: str
    group: str
    file: str
    band: micr_band.Band | None  # where the reader finds the row


def drawn(rng: Rng, for_turning: bool = False) -> Sample:
    """A drawn, degraded line and its characters (the net reads no spaces: they follow from the pitch)."""
    text = _text(rng).translate(_TURNABLE) if for_turning else _text(rng)
    dpi = int(rng.choice([100, 150, 200, 200, 200, 240, 300]))
    gray = _scanned(rng, _page(rng, text, dpi), dpi)
    char_px = rng.uniform(0.82, 1.2) * CHAR_PX
    scale = char_px / (HEIGHT_MODULES * MODULE_IN * dpi)
    picture = _fitted(rng, gray, scale)
    return _bent(rng, picture) if rng.random() < 0.25 else picture, text.replace(" ", "")


def foreign(rng: Rng) -> Sample:
    """Anything that is not a MICR line the right way up: an upside-down one, other fonts, handwriting, noise."""
    choice = rng.random()
    if choice < 0.4:
        picture, _ = drawn(rng, for_turning=True)
        return np.ascontiguousarray(picture[::-1, ::-1]), ""
    if choice < 0.9:
        gray = _scanned(rng, _printed(rng), 200)
        return _fitted(rng, gray, rng.uniform(0.6, 1.2)), ""
    gray = np.where(rng.random((HEIGHT_PX * 2, int(rng.integers(100, 600)))) < rng.uniform(0, 0.3), 0, 255)
    return _fitted(rng, gray.astype(np.uint8), 0.5), ""


def augmented(rng: Rng, line: RealLine) -> Sample:
    """A real line, slightly changed: size, slope, stretch, weight, noise."""
    gray = line.gray
    if rng.random() < 0.3:
        kernel = np.ones((2, 2) if rng.random() < 0.6 else (1, 2), np.uint8)
        gray = cv2.erode(gray, kernel) if rng.random() < 0.5 else cv2.dilate(gray, kernel)
    if rng.random() < 0.3:
        gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.4, 1.2))
    gray = _speckled(rng, gray) if rng.random() < 0.2 else gray
    band = line.band
    if band is None:
        gray = _warped(rng, gray, slope=0.012, stretch=0.12)
        return _fitted(rng, gray, HEIGHT_PX / gray.shape[0] * rng.uniform(0.9, 1.15)), line.label
    shaken = replace(
        band,
        foot_px=band.foot_px + rng.normal(0, 0.05) * band.digit_px,
        slope=band.slope + rng.normal(0, 0.003),
        digit_px=band.digit_px * rng.uniform(0.87, 1.15),
    )
    picture, _ = micr_band.cut(gray, shaken, HEIGHT_PX, CHAR_PX)
    if rng.random() < 0.4:
        picture = _bent(rng, picture)
    if rng.random() < 0.5:
        width = max(CHAR_PX, round(picture.shape[1] * rng.uniform(0.85, 1.15)))
        picture = cv2.resize(picture, (width, HEIGHT_PX), interpolation=cv2.INTER_LINEAR)
    return picture, line.label


def _bent(rng: Rng, picture: np.ndarray) -> np.ndarray:
    """A line whose print drifts: smaller, higher or lower from some place on, or more and more toward its end."""
    height, width = picture.shape
    xs = np.arange(width, dtype=np.float32)
    if rng.random() < 0.5:
        share = np.clip((xs - rng.uniform(0.2, 0.9) * width) / rng.uniform(4, 40), 0, 1)
    else:
        share = xs / width if rng.random() < 0.5 else 1 - xs / width
    size = 1 + share * rng.normal(0, 0.13)
    lift = share * rng.normal(0, 2.2)
    rows = (np.arange(height, dtype=np.float32)[:, None] - height / 2) / np.clip(size, 0.7, 1.35) + height / 2 + lift
    columns = np.broadcast_to(xs, rows.shape)
    return cv2.remap(picture, columns, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def plain(line: RealLine) -> np.ndarray:
    """A real line as the reader gets it."""
    if line.band is None:
        scale = HEIGHT_PX / line.gray.shape[0]
        return ink(cv2.resize(line.gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    return micr_band.cut(line.gray, line.band, HEIGHT_PX, CHAR_PX)[0]


def real_lines(folder: Path) -> list[RealLine]:
    """The labeled crops of `folder` (labels.csv with file, label, group); empty when it is not there."""
    table = folder / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as rows:
        return [_real(folder, row) for row in csv.DictReader(rows)]


def _real(folder: Path, row: dict[str, str]) -> RealLine:
    gray = np.asarray(Image.open(folder / row["file"]).convert("L"))
    return RealLine(gray, row["label"], row["group"], row["file"], micr_band.line_band(gray))


def split(lines: list[RealLine], share: float, seed: int) -> tuple[list[RealLine], list[RealLine]]:
    """Lines to train on and lines to measure on; a group is entirely in one of them (many crops show one check)."""
    groups = sorted({line.group for line in lines})
    np.random.default_rng(seed).shuffle(groups)
    held: set[str] = set()
    count = 0
    for group in groups:
        size = sum(line.group == group for line in lines)
        if count + size <= share * len(lines):
            held.add(group)
            count += size
    return [line for line in lines if line.group not in held], [line for line in lines if line.group in held]


def _text(rng: Rng) -> str:
    if rng.random() < 0.25:
        length = int(rng.integers(3, 24))
        return "".join(rng.choice(list("0123456789ABCD "), p=[0.07] * 10 + [0.06] * 5, size=length)).strip() or "0"
    text = _check_line(rng)
    if rng.random() < 0.7:  # a part: batches stay narrow, and real crops are parts as well
        start = int(rng.integers(0, max(1, len(text) - 8)))
        text = text[start : start + int(rng.integers(6, 28))]
    return text.strip() or "1"


def _check_line(rng: Rng) -> str:
    def digits(low: int, high: int) -> str:
        return "".join(str(d) for d in rng.integers(0, 10, int(rng.integers(low, high + 1))))

    serial, account = digits(3, 6), digits(6, 12)
    if rng.random() < 0.3:
        cut = int(rng.integers(2, len(account) - 1))
        account = account[:cut] + str(rng.choice(["D", " "])) + account[cut:]
    transit = f"A{digits(9, 9)}A" if rng.random() < 0.85 else f"A{digits(4, 4)}D{digits(4, 4)}A"
    on_us = str(rng.choice([f"{account}C {serial}", f"{serial} {account}C", f"{account}C", f"{account}C{serial}"]))
    aux = f"C{digits(5, 10)}C " if rng.random() < 0.35 else ""
    amount = f" B{digits(10, 10)}B" if rng.random() < 0.35 else ""
    return f"{aux}{transit}{' ' * int(rng.integers(0, 3))}{on_us}{amount}"


def _page(rng: Rng, text: str, dpi: int) -> np.ndarray:
    """The line on white paper with margins; printers drift between groups, and other ink may touch it."""
    line = draw_line(text, dpi)
    if rng.random() < 0.2:  # cut through its last character, most of which is still there
        line = line[:, : line.shape[1] - int(dpi * rng.uniform(0.01, 0.04))]
    margin = int(dpi * rng.uniform(0.06, 0.14)), int(dpi * rng.uniform(0.005, 0.4)) + 1
    page = np.full((line.shape[0] + 2 * margin[0], line.shape[1] + 2 * margin[1]), 255, np.uint8)
    page[margin[0] : -margin[0], margin[1] : -margin[1]] = line
    if rng.random() < 0.25:
        for match in re.finditer(r"\S+", text):
            left, right = (margin[1] + round(at * 0.125 * dpi) for at in match.span())
            page[:, left:right] = np.roll(page[:, left:right], round(rng.normal(0, 0.018) * dpi), axis=0)
    if rng.random() < 0.2:
        _strike(rng, page, dpi)
    if rng.random() < 0.12:
        edge = int(rng.integers(1, max(2, margin[1])))
        side = (slice(None), slice(0, edge)) if rng.random() < 0.5 else (slice(None), slice(-edge, None))
        page[side] = 0
    if rng.random() < 0.1:
        page[-int(rng.integers(1, max(2, margin[0] - 1))) :] = 0
    return page


def _strike(rng: Rng, page: np.ndarray, dpi: int) -> None:
    """A rule above or below the line, or strokes of a signature into it."""
    height, width = page.shape
    thick = max(1, round(dpi * rng.uniform(0.004, 0.014)))
    if rng.random() < 0.4:
        y = int(rng.choice([rng.uniform(0, 0.12), rng.uniform(0.88, 1)]) * height)
        cv2.line(page, (0, y), (width, y + int(rng.integers(-2, 3))), 0, thick)
        return
    for _ in range(int(rng.integers(1, 4))):
        x, reach = rng.uniform(0, width), rng.uniform(0.1, 0.6) * height
        points = np.array([[x, -2], [x + rng.normal(0, 0.06) * dpi, reach], [x + rng.normal(0, 0.2) * dpi, -2]])
        cv2.polylines(page, [points.astype(np.int32)], False, int(rng.integers(0, 90)), thick, cv2.LINE_AA)


def _scanned(rng: Rng, page: np.ndarray, dpi: int) -> np.ndarray:
    """What a scanner makes of a page: slope, weight, blur, contrast, pattern, drop-outs, noise, bitonal or JPEG."""
    gray = _warped(rng, page, slope=0.015, stretch=0.2)
    gray = cv2.GaussianBlur(gray, (0, 0), rng.uniform(0.25, 1.1) * dpi / 200)
    paper, dark = rng.uniform(170, 255), rng.uniform(0, 150)
    if paper - dark < 60:
        dark = paper - 60
    value = dark + (paper - dark) * (gray.astype(np.float32) / 255) ** rng.uniform(0.5, 2.0)
    if rng.random() < 0.25:
        rough = cv2.resize(
            rng.normal(0, 1, (4, 24)).astype(np.float32), gray.shape[::-1], interpolation=cv2.INTER_CUBIC
        )
        value += rough * rng.uniform(2, 14)
    value += rng.normal(0, rng.uniform(0, 12), gray.shape)
    if rng.random() < 0.15:
        _drop_out(rng, value, dpi)
    gray = np.clip(value, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:
        level = dark + (paper - dark) * rng.uniform(0.3, 0.72)
        gray = np.where(gray > level, 255, 0).astype(np.uint8)
        return _speckled(rng, gray) if rng.random() < 0.3 else gray
    if rng.random() < 0.4:
        encoded, code = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        gray = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE) if encoded else gray
    return gray


def _drop_out(rng: Rng, value: np.ndarray, dpi: int) -> None:
    """Missing ink: thin white scratches and small blobs."""
    height, width = value.shape
    for _ in range(int(rng.integers(1, 2 + width // dpi))):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), max(1, round(rng.uniform(0.004, 0.016) * dpi))
        if rng.random() < 0.5:
            end = (int(x + rng.normal(0, 0.2) * dpi), int(y + rng.normal(0, 0.05) * dpi))
            cv2.line(value, (int(x), int(y)), end, 250.0, size)
        else:
            cv2.circle(value, (int(x), int(y)), size, 250.0, -1)


def _speckled(rng: Rng, gray: np.ndarray) -> np.ndarray:
    flips = rng.random(gray.shape) < rng.uniform(0, 0.02)
    return np.where(flips, 255 - gray, gray).astype(np.uint8)


def _warped(rng: Rng, gray: np.ndarray, slope: float, stretch: float) -> np.ndarray:
    height, width = gray.shape
    across = rng.uniform(1 - stretch, 1 + stretch)
    lean, fall = rng.normal(0, 0.04), rng.uniform(-slope, slope) * min(1.0, 500 / width)
    near = rng.normal(0, 0.06) / width if rng.random() < 0.3 else 0.0  # held askew, one end is larger
    matrix = np.array(
        [[across, lean, -lean * height / 2], [fall + near * height / 2, 1, -fall * width / 2], [near, 0, 1]]
    )
    size = (max(8, round(width * across / (1 + near * width))), height)
    return cv2.warpPerspective(gray, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _fitted(rng: Rng, gray: np.ndarray, scale: float) -> np.ndarray:
    """Scaled, with the middle of its height near the middle of the 32 rows, as `ink`."""
    small = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    spare = HEIGHT_PX - small.shape[0]
    above = spare // 2 + int(rng.integers(-3, 4))
    page = cv2.copyMakeBorder(small, max(above, 0), max(spare - above, 0), 0, 0, cv2.BORDER_REPLICATE)[
        max(-above, 0) :
    ][:HEIGHT_PX]
    return ink(page)


def _printed(rng: Rng) -> np.ndarray:
    """A line in some other font, at 200 dpi."""
    letters = "0123456789" if rng.random() < 0.5 else "0123456789ABCDEFGHKLMNOPRSTUVWabcdefghiklmnoprstuvw.,-/$"
    text = "".join(rng.choice(list(letters + "  "), size=int(rng.integers(5, 30)))).strip() or "x"
    size = int(rng.integers(18, 40))
    page = Image.new("L", (len(text) * size, size * 2), 255)
    fonts = _fonts()
    font = ImageFont.truetype(fonts[int(rng.integers(len(fonts)))], size) if fonts else ImageFont.load_default(size)
    ImageDraw.Draw(page).text((size, size // 3), text, fill=0, font=font)
    gray = np.asarray(page)
    columns = np.flatnonzero((gray < 128).any(axis=0))
    return gray[:, : columns[-1] + size] if len(columns) else gray


@lru_cache(maxsize=1)
def _fonts() -> tuple[str, ...]:
    paths = (path for folder in FONT_FOLDERS if folder.exists() for path in folder.rglob("*.[ot]tf"))
    return tuple(sorted(map(str, paths)))
