"""How amounts in words end: in hundredths, in cents, in words, and in all that says that there are none."""

from __future__ import annotations

from random import Random

from num2words import num2words

# (name, text): {c} stands for two digits of cents, {w} for cents in words; without either: no cents.
ENDINGS = (
    ("and 25/100", "and {c}/100"),
    ("and 25/100 dollars", "and {c}/100 dollars"),
    ("dollars and 25/100", "dollars and {c}/100"),
    ("& 25/xx", "& {c}/xx"),
    ("and 25 cents", "and {c} cents"),
    ("dollars and 25 cents", "dollars and {c} cents"),
    ("and twenty-five cents", "and {w} cents"),
    ("dollars and twenty-five cents", "dollars and {w} cents"),
    ("and 00/100", "and 00/100"),
    ("and 0/100", "and 0/100"),
    ("and no/100", "and no/100"),
    ("and xx/100", "and xx/100"),
    ("and zero/100", "and zero/100"),
    ("and no cents", "and no cents"),
    ("and zero cents", "and zero cents"),
    ("dollars and no cents", "dollars and no cents"),
    ("and 00 cents", "and 00 cents"),
    ("dollars even", "dollars even"),
    ("even", "even"),
    ("only", "only"),
    ("dollars only", "dollars only"),
    ("dollars exactly", "dollars exactly"),
    ("dollars", "dollars"),
)
# Of the amounts that end in another way than usual, how many end so: (with cents or without, by hand, by machine).
_WITH_CENTS = {
    "and 25/100 dollars": (4, 0),  # machines' usual forms have it already
    "dollars and 25/100": (6, 4),
    "& 25/xx": (2, 0),
    "and 25 cents": (5, 2),
    "dollars and 25 cents": (4, 5),
    "and twenty-five cents": (2, 1),
    "dollars and twenty-five cents": (2, 2),
}
_WITHOUT = {
    "and 0/100": (3, 0),
    "and zero/100": (1, 0),
    "and no cents": (3, 1),
    "and zero cents": (1, 1),
    "dollars and no cents": (2, 2),
    "and 00 cents": (2, 3),
    "dollars even": (3, 1),
    "even": (2, 0),
    "only": (3, 2),
    "dollars only": (3, 3),
    "dollars exactly": (1, 2),
    "dollars": (2, 2),
}


def unusual(rng: Random, cents: int, *, by_machine: bool) -> str:
    """What follows the whole dollars of an amount that does not simply end in hundredths."""
    shares = _WITH_CENTS if cents % 100 else _WITHOUT
    name = rng.choices(list(shares), [share[by_machine] for share in shares.values()])[0]
    return said(dict(ENDINGS)[name], cents)


def said(text: str, cents: int) -> str:
    """An ending's text with the cents of an amount filled in."""
    return text.format(c=f"{cents % 100:02d}", w=num2words(cents % 100))
