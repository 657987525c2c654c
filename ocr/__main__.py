"""`python -m ocr check.tif` prints what the readers see on an image; `--draw out.png` shows where."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ocr.image import drawing
from ocr.reader import read_document
from ocr.reading import to_json


def main(words: list[str] | None = None) -> int:
    """Exit code 0: read; 1: the image could not be read, or the file not be opened."""
    parser = argparse.ArgumentParser(prog="python -m ocr", description="Reads one document and prints it as JSON.")
    parser.add_argument("front", type=Path, help="image of the front: TIFF, JPEG or PNG")
    parser.add_argument("back", type=Path, nargs="?", help="image of the back")
    parser.add_argument("--dpi", type=int, help="resolution, where the file does not say")
    parser.add_argument("--draw", type=Path, metavar="OUT.png", help="write the upright image with boxes and readings")
    chosen = parser.parse_args(words)
    try:
        front = chosen.front.read_bytes()
        back = chosen.back.read_bytes() if chosen.back else None
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    reading = read_document(front, back, dpi_hint=chosen.dpi)
    print(json.dumps(json.loads(to_json(reading)), indent=2))
    unread = reading.width_px == 0
    if chosen.draw and not unread:
        chosen.draw.write_bytes(drawing.draw(front, reading))
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main())
