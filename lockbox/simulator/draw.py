"""Drawn mail: front and back of any paper, as a picture at 200 dots to the inch."""

from __future__ import annotations

from PIL import Image

from lockbox.simulator import back_face, check_face, coupon_face, letter_face
from lockbox.simulator.papers import CheckPaper, CouponPaper, Paper


def draw_front(paper: Paper, seed: int) -> Image.Image:
    """The front, mode "L", 200 dpi, white 255. The same paper and seed always give the same picture.

    The seed chooses stock, layout, faces, hand, pen and placement. Raises SettingsError when a font is not installed.
    """
    if isinstance(paper, CheckPaper):
        return check_face.draw_check(paper, seed).image
    if isinstance(paper, CouponPaper):
        return coupon_face.draw_coupon(paper, seed).image
    return letter_face.draw_letter(paper, seed).image


def draw_back(paper: Paper, seed: int) -> Image.Image:
    """The back of the sheet whose front the same seed draws, mode "L", 200 dpi."""
    return back_face.draw_back(paper, seed).image
