"""How payers write things: amounts in words and figures, dates, payees, account numbers, phrases and letters."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from random import Random

from num2words import num2words

from lockbox.simulator import endings
from lockbox.simulator.letters import letter_body
from ocr.reading import CheckKind, Topic

PRINTED = (CheckKind.BILL_PAY, CheckKind.CASHIERS, CheckKind.MONEY_ORDER)  # amounts by machine
PAID_IN_FULL = (
    "PAID IN FULL",
    "Paid in full",
    "Payment in full",
    "In full satisfaction",
    "Full & final payment",
    "pd in full",
    "Full satisfaction of debt",
)
HARMLESS = ("car payment", "auto loan", "monthly pmt", "truck", "Nov payment", "thank you", "2023 CR-V", "loan pmt")
MATTERS = {
    "address": Topic.NEW_ADDRESS,
    "question": Topic.DISPUTE,
    "bankruptcy": Topic.BANKRUPTCY,
    "paid_in_full": Topic.SETTLES,
}
UNUSUAL_ENDINGS = 0.25  # share of the amounts in words that end otherwise than in "and 25/100"
OWN_BODIES = 0.5  # share of the letters whose body comes from the file of bodies
STRANGERS = (
    "Cash",
    "City of Plano Water",
    "Lone Star Electric",
    "Dr. A. Whitfield DDS",
    "Oak Hollow HOA",
    "Sunrise Property Mgmt",
    "Plainview ISD",
)


def figures(rng: Random, cents: int, kind: CheckKind) -> str:
    """The courtesy amount, in one of the forms that people and printers use."""
    whole, rest = divmod(cents, 100)
    if kind in PRINTED:
        forms = [
            f"${whole:,}.{rest:02d}",
            f"**{whole:,}.{rest:02d}**",
            f"${whole:,}.{rest:02d}**",
            f"{whole}.{rest:02d}",
        ]
        return rng.choice(forms)
    if kind == CheckKind.BUSINESS:
        return rng.choice([f"{whole:,}.{rest:02d}", f"**{whole:,}.{rest:02d}", f"${whole:,}.{rest:02d}"])
    forms = [f"{whole}.{rest:02d}", f"{whole}.{rest:02d}", f"{whole:,}.{rest:02d}", f"{whole} {rest:02d}/100"]
    if not rest:
        forms += [f"{whole}.00", f"{whole} xx/100", f"{whole} no/100"]
    return rng.choice(forms)


def words(rng: Random, cents: int, kind: CheckKind, ending_rng: Random | None = None) -> str:
    """The legal amount. With `ending_rng`, which alone chooses it, some end otherwise than in hundredths."""
    over = f"{cents % 100:02d}/100" if cents % 100 else rng.choice(["00/100", "no/100", "xx/100"])
    by_machine = kind in (*PRINTED, CheckKind.BUSINESS)
    usual = _typed_words(rng, cents) if by_machine else _written_words(rng, cents, over)
    if ending_rng is None or ending_rng.random() >= UNUSUAL_ENDINGS:
        return usual
    text = f"{_spoken(cents // 100)} {endings.unusual(ending_rng, cents, by_machine=by_machine)}"
    if by_machine:
        return ending_rng.choice([text.upper(), text.capitalize(), f"***{text.upper()}"])
    return ending_rng.choice([text.capitalize(), text.capitalize(), _titled(text)])


def _typed_words(rng: Random, cents: int) -> str:
    text = f"{_spoken(cents // 100)} and {cents % 100:02d}/100"
    return rng.choice([text.upper(), f"{text} dollars".capitalize(), f"***{text.upper()} DOLLARS", text.capitalize()])


def _written_words(rng: Random, cents: int, over: str) -> str:
    text = f"{_spoken(cents // 100).capitalize()} {rng.choice(['and', 'and', '&'])} {over}"
    return _titled(text) if rng.random() < 0.4 else text


def _titled(text: str) -> str:
    return text.title().replace(" And ", " and ").replace("No/", "no/").replace("Xx/", "xx/")


@lru_cache(maxsize=4096)
def _spoken(number: int) -> str:
    """Without the "and" between hundreds and tens: on a check, "and" precedes only the cents."""
    return str(num2words(number)).replace(" and ", " ").replace(",", "")


def written_date(rng: Random, day: date, kind: CheckKind) -> str:
    """A date in one of the usual American forms; machines print the year in full."""
    long_year = [f"{day:%m/%d/%Y}", f"{day:%B} {day.day}, {day.year}", f"{day:%b} {day.day}, {day.year}"]
    if kind in (*PRINTED, CheckKind.BUSINESS):
        return rng.choice(long_year)
    short = [f"{day.month}/{day.day}/{day:%y}", f"{day.month}-{day.day}-{day:%y}", f"{day:%m/%d/%y}"]
    return rng.choice([*short, *short, f"{day.month}/{day.day}/{day.year}", *long_year])


def written_payee(rng: Random, payee: str, kind: CheckKind) -> str:
    """An accepted payee as people write it: mostly right, sometimes shortened or misspelled."""
    if kind in (CheckKind.BILL_PAY, CheckKind.BUSINESS):
        return rng.choice([payee, payee, payee.upper(), f"{payee} Inc"])
    luck = rng.random()
    if luck < 0.82:
        return payee
    if luck < 0.9:
        return payee.replace("Motor ", "Mtr ") if "Motor" in payee else payee.upper()
    return payee.upper() if luck < 0.95 else _misspelled(rng, payee)


def _misspelled(rng: Random, text: str) -> str:
    """One letter doubled or left out, never one of the first two."""
    at = rng.randrange(2, len(text) - 1)
    at -= text[at] == " "
    is_doubled, _ = rng.random() < 0.5, rng.random()  # two draws: what a seed has drawn so far stays the same
    return text[:at] + (2 * text[at] if is_doubled else "") + text[at + 1 :]


def written_number(rng: Random, account_number: str) -> str:
    """The account number in the memo line."""
    return rng.choice(["", "", "Acct ", "Acct# ", "#", "Loan ", "acct "]) + account_number


def typed_reference(rng: Random, account_number: str) -> str:
    """The account number as bill-payment services type it."""
    return rng.choice(["Account: ", "ACCT# ", "Acct: ", "Account Number: "]) + account_number


def swapped(rng: Random, account_number: str) -> str:
    """The number with two neighboring digits swapped, never the same number."""
    places = [at for at in range(9) if account_number[at] != account_number[at + 1]]
    at = rng.choice(places)
    return account_number[:at] + account_number[at + 1] + account_number[at] + account_number[at + 2 :]


def letter(
    rng: Random,
    about: str,
    name: str,
    address: tuple[str, ...],
    account_number: str,
    day: date,
    body_rng: Random | None = None,
) -> tuple[str, ...]:
    """The lines of a letter: about "address", "hardship", "question", "enclosed" or "paid_in_full".

    With `body_rng`, half of the letters have a body from the file, and they may be about "bankruptcy", too.
    """
    body = _usual_bodies(rng, address).get(about, ())
    if body_rng and (not body or body_rng.random() < OWN_BODIES):
        body = letter_body(body_rng, MATTERS.get(about, ""))
    greeting = rng.choice(["To whom it may concern,", "Dear Sir or Madam,", "Hello,"])
    return (
        f"{day:%B} {day.day}, {day.year}",
        "",
        f"Re: account {account_number}",
        "",
        greeting,
        "",
        *body,
        "",
        "Sincerely,",
        name,
    )


def _usual_bodies(rng: Random, address: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {
        "address": ("I have moved. Please send my statements to", rng.choice(address), "from the first of next month."),
        "hardship": (
            "I lost my job last month and cannot make",
            "the next payment on time. Can the due date",
            "be moved?",
        ),
        "question": ("My last statement shows a late charge that", "I do not understand. Please call me."),
        "enclosed": ("Enclosed please find my check for this", "month's payment. Thank you."),
        "paid_in_full": (
            "Enclosed is my check. By cashing it you agree",
            f"that my account is {rng.choice(['paid in full', 'settled in full satisfaction'])}",
            "and that nothing more is owed.",
        ),
    }
