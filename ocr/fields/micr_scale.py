"""The scales at which a MICR line is looked for, where the file states none or another than the paper has."""

from __future__ import annotations

from ocr.fields.micr import MicrReading, read_micr
from ocr.image.prepare import Gray

_LONG_SIDES_IN = (6.0, 8.5, 7.0)  # personal and business checks, money orders
_LEAST_DPI, _SCALE_STEP, _SCALE_STEPS = 50, 1.35, 9  # up to 551: the band finder copes with a fifth more or less
_NEAR_SCALE = 1.18
OWN_SCALE = 1.1  # a resolution so many times off the line's own is wrong
_WIDEST_IN = (3.0, 20.0)  # of a check with what is around it


def read_at_any_scale(gray: Gray, tried: MicrReading, tried_dpi: int) -> MicrReading:
    """The line at the scales that the check's format suggests, and at all others, where `tried_dpi` did not settle it.

    `tried` stays where no other scale gives more sure characters.
    """
    best, best_dpi = tried, tried_dpi
    for dpi in [] if tried.settled else _scales(gray, tried_dpi):
        reading = read_micr(gray, dpi)
        if reading.sure_chars > best.sure_chars or reading.settled:
            best, best_dpi = reading, dpi
        if best.settled:
            break
    return _at_own_scale(gray, best, best_dpi)


def _at_own_scale(gray: Gray, best: MicrReading, dpi: int) -> MicrReading:
    """The line once more at the resolution that its pitch shows: at another one its ends may lie outside the band."""
    if not best.dpi or max(best.dpi / dpi, dpi / best.dpi) < OWN_SCALE:
        return best
    again = read_micr(gray, best.dpi)
    return again if again.sure_chars >= best.sure_chars else best


def _scales(gray: Gray, tried_dpi: int) -> list[int]:
    """Resolutions to try, likeliest first, none of them near one before."""
    long = max(gray.shape)
    steps = [_LEAST_DPI * _SCALE_STEP**step for step in range(_SCALE_STEPS)]
    formats = [long / inches for inches in _LONG_SIDES_IN]
    scales: list[float] = [float(tried_dpi)]
    for dpi in (*formats, *(step for step in steps if _WIDEST_IN[0] <= long / step <= _WIDEST_IN[1])):
        if all(max(dpi / known, known / dpi) > _NEAR_SCALE for known in scales):
            scales.append(dpi)
    return [round(dpi) for dpi in scales[1:]]
