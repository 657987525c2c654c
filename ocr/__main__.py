"""`python -m ocr check.tif` prints what the readers see on an image; `--draw out.png` shows where."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ocr.image import drawing
from ocr.reader import read_document
from ocr.reading import to_json


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0: the image was read; 1: it could not be read, or a file could not be opened."""
    parser = argparse.ArgumentParser(prog="python -m ocr", description="Reads one document and prints it as JSON.")
    parser.add_argument("front", type=Path, help="image of the front: TIFF, JPEG or PNG")
    parser.add_argument("back", type=Path, nargs="?", help="image of the back")
    parser.add_argument("--dpi", type=int, help="resolution, where the file does not say")
    parser.add_argument("--draw", type=Path, metavar="OUT.png", help="write the upright image with boxes and readings")
    options = parser.parse_args(arguments)
    try:
        front = options.front.read_bytes()
        back = options.back.read_bytes() if options.back else None
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    reading = read_document(front, back, dpi_hint=options.dpi)
    print(json.dumps(json.loads(to_json(reading)), indent=2))
    unread = reading.width_px == 0
    if options.draw and not unread:
        options.draw.write_bytes(drawing.draw(front, reading))
    return 1 if unread else 0


if __name__ == "__main__":
    sys.exit(main())
