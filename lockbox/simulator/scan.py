"""What the scanner makes of a sheet: turned, skewed, torn, speckled or faint; a Group 4 TIFF or a gray JPEG."""

from __future__ import annotations

import struct
from functools import lru_cache
from io import BytesIO
from math import ceil, cos, radians, sin

import cv2
import numpy as np
from PIL import Image

from lockbox.simulator.papers import ScanManner
from lockbox.simulator.sheet import DPI, Gray, Rng, dice, gray

_TAGS = {266: 1, 274: 1, 277: 1, 296: 2}  # FillOrder, Orientation, SamplesPerPixel, ResolutionUnit inch
_PHOTOMETRIC = 262
_ONE_STRIP = 10**7  # bytes; more than any page has, so that all rows are in one strip


def scan(image: Image.Image, manner: ScanManner, seed: int) -> bytes:
    """The file that the scanner delivers for a drawn side (mode "L", 200 dpi).

    "g4" gives a Group 4 TIFF by X9.100-181, "jpeg" a gray JPEG, both at `manner.dpi`. The same arguments give the
    same bytes. Raises ValueError for any other format.
    """
    if manner.format not in ("g4", "jpeg"):
        raise ValueError(f"scan format {manner.format!r} is neither g4 nor jpeg")
    rng = dice(seed, 4)
    seen = _optics(_placed(_torn(np.asarray(image), manner, rng), manner, rng), manner, rng)
    if manner.dpi != DPI:
        share = manner.dpi / DPI
        seen = gray(cv2.resize(seen, None, fx=share, fy=share, interpolation=cv2.INTER_AREA))
    return _jpeg(seen, manner, rng) if manner.format == "jpeg" else _group4(_bitonal(seen, manner, rng), manner.dpi)


def _torn(paper: Gray, manner: ScanManner, rng: Rng) -> Gray:
    """The sheet with one corner torn off along a ragged edge; the scanner's bed shows through."""
    if not manner.torn:
        return paper
    height, width = paper.shape
    across, down = float(rng.uniform(60, 240)), float(rng.uniform(60, 200))
    steps = np.linspace(0, 1, int(rng.integers(8, 18)))
    edge = np.stack([across * (1 - steps), down * steps], 1) + rng.normal(0, 5, (len(steps), 2))
    corner = np.vstack([np.array([[-20, -20], [across, -20]]), edge, np.array([[-20, down]])])
    if rng.random() < 0.5:
        corner[:, 0] = width - corner[:, 0]
    if rng.random() < 0.5:
        corner[:, 1] = height - corner[:, 1]
    torn = paper.copy()
    cv2.fillPoly(torn, [np.round(corner).astype(np.int32)], _bed(rng), cv2.LINE_AA)
    return torn


def _bed(rng: Rng) -> int:
    """Gray level of the scanner's bed: most beds are black, some white."""
    return int(rng.integers(0, 25)) if rng.random() < 0.6 else 255


def _placed(paper: Gray, manner: ScanManner, rng: Rng) -> Gray:
    """The sheet as it is in the scanner: always a little skewed, or more, or upside down, as the manner says.

    Positive skew turns clockwise. A straight sheet is cropped to its size; a skewed one to the rectangle around it,
    where the bed shows in the corners.
    """
    skew = manner.skew_deg + float(rng.uniform(0.05, 0.4)) * (1 if rng.random() < 0.5 else -1)
    if manner.upside_down:
        paper = paper[::-1, ::-1]
    height, width = paper.shape
    lean, upright = abs(sin(radians(skew))), cos(radians(skew))
    size = (width, height)
    if abs(manner.skew_deg) >= 0.5:
        size = (ceil(width * upright + height * lean), ceil(height * upright + width * lean))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -skew, 1.0)
    matrix[:, 2] += (
        (size[0] - width) / 2 + float(rng.normal(0, 1.5)),
        (size[1] - height) / 2 + float(rng.normal(0, 1.5)),
    )
    bed = _bed(rng)
    return gray(cv2.warpAffine(paper, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=bed))


def _optics(seen: Gray, manner: ScanManner, rng: Rng) -> Gray:
    """What lens and lamp add: blur, more or less light, and for faint scans far too much light."""
    seen = gray(cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.45, 0.8))))
    gain, lift = float(rng.uniform(0.93, 1.03)), float(rng.uniform(0, 12))
    if manner.faint:
        gain, lift = gain * float(rng.uniform(0.28, 0.42)), 255 - float(rng.uniform(0.28, 0.42)) * 250
    table = np.clip(np.arange(256) * gain + lift, 0, 255).astype(np.uint8)
    seen = gray(cv2.LUT(seen, table))
    return _speckled(seen, manner.speckle, rng) if manner.format == "jpeg" else seen


def _speckled(seen: Gray, share: float, rng: Rng) -> Gray:
    """The picture with that share of its pixels inverted."""
    if share <= 0:
        return seen
    count = round(seen.size * share)
    spots = rng.integers(0, seen.size, count)
    flat = np.ascontiguousarray(seen).reshape(-1).copy()
    flat[spots] = 255 - flat[spots]
    return flat.reshape(seen.shape)


def _bitonal(seen: Gray, manner: ScanManner, rng: Rng) -> Gray:
    """Black and white by a threshold that follows the background, so that stock patterns vanish and ink stays."""
    mean = cv2.blur(seen, (41, 41))
    share, less = float(rng.uniform(0.82, 0.90)), float(rng.uniform(2, 10))
    if rng.random() < 0.1:  # a scanner set too dark: part of the background shows
        share, less = share + 0.04, less * 0.5
    if manner.faint:
        share, less = share + 0.08, less * 0.4
    local = cv2.addWeighted(mean, share, mean, 0, -less)
    limit = cv2.max(local, 70.0)  # type: ignore[call-overload]  # OpenCV takes a number, its stubs do not
    return _speckled(gray(cv2.compare(seen, limit, cv2.CMP_GT)), manner.speckle, rng)


def _group4(bitonal: Gray, dpi: int) -> bytes:
    """One strip of Group 4, 0 meaning white (PhotometricInterpretation 0), as X9.100-181 requires.

    Asked for that interpretation, Pillow inverts every pixel in Python (140 ms a check). So it gets an inverted
    picture with the other interpretation, and the tag is corrected afterward: the same bytes in 7 ms.
    """
    out = BytesIO()
    height, width = bitonal.shape
    picture = Image.frombytes("1", (width, height), np.packbits(bitonal == 0, axis=1).tobytes())
    picture.save(out, "TIFF", compression="group4", dpi=(dpi, dpi), strip_size=_ONE_STRIP, tiffinfo=_TAGS)
    data = bytearray(out.getvalue())
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] == _PHOTOMETRIC:
            struct.pack_into("<H", data, entry + 8, 0)
    return bytes(data)


def _jpeg(seen: Gray, manner: ScanManner, rng: Rng) -> bytes:
    height, width = seen.shape
    y, x = (int(shift) for shift in rng.integers(0, 64, 2))
    noise = _noise()[y : y + height, x : x + width]
    if noise.shape != seen.shape:
        noise = np.resize(noise, seen.shape)
    strength = float(rng.uniform(0.03, 0.1))
    noisy = cv2.addWeighted(seen, 1.0, noise, strength, -128 * strength)
    out = BytesIO()
    Image.fromarray(gray(noisy)).save(out, "JPEG", quality=int(rng.integers(35, 86)), dpi=(manner.dpi, manner.dpi))
    return out.getvalue()


@lru_cache(maxsize=1)
def _noise() -> Gray:
    """Sensor grain around 128, large enough for a skewed letter page."""
    return gray(np.random.Generator(np.random.PCG64(11)).normal(128, 32, (2464, 2064)).clip(0, 255))
