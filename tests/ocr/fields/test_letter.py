"""Letters drawn as the simulator's payers write them: what would settle the debt is heard, and nothing else is."""

from __future__ import annotations

import io
import os
from datetime import date
from random import Random

import cv2
import numpy as np
import pytest
from PIL import Image

from lockbox.mail.paper_reasons import LEGIBLE
from lockbox.simulator import phrasing
from lockbox.simulator.draw import draw_back, draw_front
from lockbox.simulator.papers import LetterPaper, ScanManner
from lockbox.simulator.scan import scan
from ocr.fields import letter
from ocr.layout import letter_rows
from ocr.reader import read_document
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading

LETTERS = int(os.environ.get("LOCKBOX_TEST_LETTERS", "6"))  # of each kind; 150 take five minutes of one core
SEED = int(os.environ.get("LOCKBOX_TEST_SEED", "97701"))
ACCOUNT = "4071938212"
ADDRESS = ("12 Oak St", "Dallas, TX 75201")
DAY = date(2026, 11, 12)
DPI = 200
HELD = 0.2  # by the reference policy


def letters(about: tuple[str, ...], by_hand: bool, own: Random | None = None, count: int = LETTERS) -> list[Reading]:
    """As many letters, askew, a third of them upside down, read."""
    rng, read = Random(f"{SEED} {about} {by_hand}"), []
    for _ in range(count):
        lines = phrasing.letter(rng, rng.choice(about), "Maria Lopez", ADDRESS, ACCOUNT, DAY, own)
        manner = ScanManner(
            format=rng.choice(("g4", "jpeg")), skew_deg=rng.uniform(-1.5, 1.5), upside_down=rng.random() < 1 / 3
        )
        front = draw_front(LetterPaper(lines, by_hand=by_hand), rng.randrange(2**50))
        read.append(read_document(scan(front, manner, rng.randrange(2**50))))
    return read


def stopped(read: list[Reading]) -> int:
    """How many would hold a check beside them for what they say."""
    return sum(any(phrase.probability >= HELD for phrase in reading.candidates(Field.PHRASE)) for reading in read)


@pytest.mark.thorough
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_letter_that_would_settle_the_debt_is_heard(by_hand: bool) -> None:
    read = letters(("paid_in_full",), by_hand)
    assert (stopped(read), {reading.kind for reading in read}) == (LETTERS, {DocumentKind.LETTER})


@pytest.mark.thorough
@pytest.mark.parametrize("by_hand", [True, False])
def test_other_letters_stop_nothing(by_hand: bool) -> None:
    read = letters(("address", "hardship", "question", "enclosed"), by_hand)
    assert stopped(read) == 0


@pytest.mark.thorough
@pytest.mark.parametrize("by_hand", [True, False])
def test_letters_in_senders_own_words(by_hand: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not all can be heard, and some that say something near it are held: what one in ten costs is a look."""
    monkeypatch.setattr(phrasing, "OWN_BODIES", 1.0)
    count = 2 * LETTERS
    assert stopped(letters(("paid_in_full",), by_hand, Random(SEED), count)) >= 0.7 * count
    harmless = letters(("address", "hardship", "question", "enclosed", "bankruptcy"), by_hand, Random(SEED), count)
    assert stopped(harmless) <= 0.2 * count


def _smeared(gray: np.ndarray, smear: str) -> bytes:
    """The page as a file, a long row in its middle gone over with a pen, covered, or run with water."""
    rows = letter_rows.sheet(gray, DPI)[0].pieces
    widest_px = max(row.box.width_px for row in rows)
    long = [row.box for row in rows if row.box.width_px > 0.8 * widest_px]
    box = long[len(long) // 2]
    across, down = slice(box.left_px, box.left_px + box.width_px), slice(box.top_px, box.top_px + box.height_px)
    if smear == "pen":
        x = np.arange(across.start, across.stop, 7)
        y = np.random.default_rng(1).integers(down.start, down.stop, len(x))
        cv2.polylines(gray, [np.stack([x, y], axis=1).astype(np.int32)], False, 20, 3)
    elif smear == "bar":
        gray[down.start + box.height_px // 4 : down.stop - box.height_px // 4, across] = 30
    elif smear == "water":
        gray[down] = cv2.GaussianBlur(gray[down], (0, 0), 7)
    file = io.BytesIO()
    Image.fromarray(gray).save(file, "PNG", dpi=(DPI, DPI))
    return file.getvalue()


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("smear", ["", "pen", "bar", "water"])
def test_a_letter_with_one_row_that_nobody_can_read_is_unread(smear: str, by_hand: bool) -> None:
    """That row may be the one that matters, however well the others read."""
    lines = phrasing.letter(Random(4), "question", "Maria Lopez", ADDRESS, ACCOUNT, DAY)
    front = np.array(draw_front(LetterPaper(lines, by_hand=by_hand), 3), np.uint8)
    reading = read_document(_smeared(front, smear))
    assert reading.kind is DocumentKind.LETTER
    assert (reading.candidates(Field.TEXT)[0].probability < LEGIBLE) == bool(smear)


@pytest.mark.thorough
@pytest.mark.parametrize("upside_down", [False, True])
def test_a_letter_goes_on_over_the_page(upside_down: bool) -> None:
    rng = Random(5)

    def page(about: str, seed: int, manner: ScanManner) -> bytes:
        lines = phrasing.letter(rng, about, "Maria Lopez", ADDRESS, ACCOUNT, DAY)
        return scan(draw_front(LetterPaper(lines, by_hand=True), seed), manner, seed)

    first = page("question", 3, ScanManner())
    second = page("paid_in_full", 4, ScanManner(upside_down=upside_down))
    alone, both = read_document(first), read_document(first, second)
    assert (stopped([alone]), stopped([both])) == (0, 1)
    text, whole = (reading.candidates(Field.TEXT)[0] for reading in (alone, both))
    assert whole.value.startswith(text.value + "\n\n")
    assert whole.probability <= text.probability


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6))
def test_an_empty_back_changes_no_letter(seed: int) -> None:
    paper = LetterPaper(
        phrasing.letter(Random(5), "question", "Maria Lopez", ("12 Oak St",), ACCOUNT, DAY), by_hand=True
    )
    manner = ScanManner(format=("g4", "jpeg")[seed % 2], speckle=0.002 * (seed % 3))
    front, back = scan(draw_front(paper, seed), manner, seed), scan(draw_back(paper, seed), manner, seed + 1)
    alone, both = read_document(front), read_document(front, back)
    assert [alone.candidates(name) for name in Field] == [both.candidates(name) for name in Field]


def test_a_printed_letter_is_read_with_its_account_number() -> None:
    lines = (f"Re: account {ACCOUNT}", "", "Please correct the balance of my account.", "Maria Lopez")
    front = np.asarray(draw_front(LetterPaper(lines, by_hand=False), 3))
    fields, rotation_deg, skew_deg = letter.read_letter(np.ascontiguousarray(front[::-1, ::-1]), DPI)
    assert (rotation_deg, abs(skew_deg) < 0.5) == (180, True)
    assert "correct the balance" in fields[Field.TEXT].candidates[0].value
    assert fields[Field.ACCOUNT_NUMBER].candidates[0].value == ACCOUNT
    assert not fields[Field.PHRASE].candidates


def test_a_back_without_writing_has_no_fields() -> None:
    assert letter.read_back(np.full((2200, 1700), 250, np.uint8), DPI) == {}


def test_two_sides_are_as_legible_as_the_worse_one() -> None:
    front, back = (
        {
            Field.TEXT: FieldReading(Field.TEXT, (Candidate(text, legibility, "text"),), duration_ms=5.0),
            Field.PHRASE: FieldReading(Field.PHRASE, phrases),
        }
        for text, legibility, phrases in (
            ("Dear Sirs", 0.9, ()),
            ("paid in full", 0.6, (Candidate("paid in full", 0.8, "text"),)),
        )
    )
    both = letter.both_sides(front, back)
    assert both[Field.TEXT].candidates == (Candidate("Dear Sirs\n\npaid in full", 0.6, "text"),)
    assert both[Field.TEXT].duration_ms == 10.0
    assert both[Field.PHRASE].candidates == back[Field.PHRASE].candidates
    assert letter.both_sides(front, {}) == front
