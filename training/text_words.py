"""What lines on checks, coupons and letters say, and lines without meaning: what a text reader learns from."""

from __future__ import annotations

import string
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from random import Random

from faker import Faker
from num2words import num2words

LABELS = (
    "PAY TO THE ORDER OF", "Pay to the order of", "PAY TO THE", "ORDER OF", "Pay to the", "Order of", "Pay to",
    "DATE", "Date", "DOLLARS", "Dollars", "MEMO", "FOR", "Memo", "For", "RE:", "AMOUNT", "CHECK NO.", "Check Number",
    "PAY", "TO THE", "ORDER", "OF", "AUTHORIZED SIGNATURE", "SIGNATURE ON FILE", "NO SIGNATURE REQUIRED", "REMITTER",
    "This check has been authorized by your depositor", "VOID AFTER 90 DAYS", "VOID AFTER 180 DAYS", "Purchaser",
    "CASHIER'S CHECK", "OFFICIAL CHECK", "MONEY ORDER", "POSTAL MONEY ORDER", "TREASURER'S CHECK", "NON NEGOTIABLE",
    "Member FDIC", "www.bank.example", "Customer service 800-555-0142", "MAIN OFFICE", "Date Issued", "MP", "$",
    "PAGAR A LA ORDEN DE", "DRAWER:", "ADDRESS", "Details on Back", "Account Number", "Payment enclosed",
    "PURCHASED BY", "Pay this amount", "SERIAL NUMBER", "FROM", "Amount Due", "TOTAL AMOUNT DUE", "Payment Due Date",
    "Amount enclosed", "Please detach and return this portion with your payment", "ENDORSE HERE", "For deposit only",
    "Payable through",
)  # fmt: skip
PHRASES = (
    "paid in full",
    "payment in full",
    "in full satisfaction",
    "full & final payment",
    "pd in full",
    "account closed",
    "full satisfaction of debt",
    "full and final settlement",
    "in full settlement of account",
    "settled in full",
    "accord and satisfaction",
    "without prejudice",
    "under protest",
    "final payment in full",
    "full payment of account",
    "thank you",
    "for deposit only",
    "car payment",
    "auto loan",
    "monthly pmt",
    "loan payment",
    "rent",
    "late fee",
    "November payment",
    "truck",
    "insurance",
    "balance due",
    "last payment",
    "payoff",
    "see letter",
    "sorry it is late",
)
_BANK_ENDS = (
    "Bank",
    "National Bank",
    "Credit Union",
    "Savings Bank",
    "Bank & Trust",
    "Federal Savings",
    "Trust Co.",
    "State Bank",
    "Community Bank",
    "Federal Credit Union",
    "Bancorp",
    "N.A.",
)
_LENDER_ENDS = (
    "Auto Finance",
    "Motor Credit",
    "Mortgage",
    "Home Loans",
    "Leasing",
    "Finance Inc",
    "Financial Services",
    "Credit Corp",
    "Loan Servicing",
    "Acceptance",
    "Electric",
    "Water Dept",
    "HOA",
    "DDS",
    "Property Mgmt",
    "School District",
    "Insurance Co.",
    "City of",
    "Cash",
    "Treasurer",
)
SIGNS = string.digits + string.ascii_letters + ".,-/$#&'():*"
_SYLLABLES = (
    "ba", "be", "bri", "ca", "cho", "da", "del", "e", "fen", "fra", "gan", "gor", "ha", "hil", "i", "ja", "ke", "kov",
    "la", "le", "lin", "lo", "ma", "mc", "mon", "na", "ne", "no", "o", "pe", "pra", "qua", "ra", "ri", "ro", "sa",
    "sch", "ski", "son", "sta", "ta", "ter", "ton", "tz", "u", "va", "ver", "wal", "wi", "wy", "xa", "ya", "yu", "za",
    "zel",
)  # fmt: skip


def line(dice: Random) -> tuple[str, str]:
    """One line and the way it is put on paper: "hand", "print", or "either"."""
    kinds, weights = zip(*_KINDS, strict=True)
    text, manner = dice.choices(kinds, weights)[0](dice)
    return text.strip(), manner


def _amount_in_words(dice: Random) -> tuple[str, str]:
    whole = int(10 ** dice.uniform(0, 4.6))
    rest = dice.choice([0, dice.randrange(100), dice.randrange(100), dice.randrange(100)])
    spoken = str(num2words(whole)).replace(",", "")
    if dice.random() < 0.85:
        spoken = spoken.replace(" and ", " ")
    if dice.random() < 0.25:
        spoken = spoken.replace("-", dice.choice([" ", ""]))
    none = dice.choice(["00", "no", "xx", "00", "zero"])
    over = (f"{rest:02d}" if rest else none) + "/" + dice.choice(["100", "100", "100", "100", "xx"])
    text = f"{spoken} {dice.choice(['and', 'and', 'and', '&', '-', 'dollars and'])} {over}"
    if dice.random() < 0.05:
        text = f"{spoken} dollars {dice.choice(['only', 'exactly', f'and {rest} cents', 'and no cents'])}"
    if dice.random() < 0.12:
        text = spoken
    text = dice.choice([text.upper(), text.capitalize(), text.capitalize(), _titled(text), text])
    if dice.random() < 0.15:
        text += dice.choice([" DOLLARS", " dollars", " Dollars"])
    if dice.random() < 0.12:
        text = dice.choice(["**", "***", "*"]) + text
    if dice.random() < 0.12:
        text += dice.choice("**-") * dice.randrange(2, 14)
    return _part(dice, text, 0.25), "either"


def _titled(text: str) -> str:
    return text.title().replace(" And ", " and ").replace("No/", "no/").replace("Xx/", "xx/")


def _name(dice: Random) -> tuple[str, str]:
    pools = _pools()
    given, family = dice.choice(pools["given"]), dice.choice(pools["family"])
    if dice.random() < 0.2:
        given = f"{given} {dice.choice(string.ascii_uppercase)}{dice.choice(['', '.'])}"
    if dice.random() < 0.15:
        given = f"{given} {dice.choice(['&', 'and', 'or'])} {dice.choice(pools['given'])}"
    if dice.random() < 0.25:
        family = "".join(dice.choices(_SYLLABLES, k=dice.randrange(2, 5))).capitalize()
    return _cased(dice, f"{given} {family}"), "either"


def _firm(dice: Random) -> tuple[str, str]:
    pools = _pools()
    first = dice.choice([*pools["family"], *pools["towns"], *pools["words"]]).title()
    if dice.random() < 0.3:
        first += " " + dice.choice(pools["words"]).title()
    if dice.random() < 0.25:
        return _cased(dice, dice.choice(pools["firms"])), "either"
    return _cased(dice, f"{first} {dice.choice([*_BANK_ENDS, *_LENDER_ENDS])}"), "either"


def _address(dice: Random) -> tuple[str, str]:
    pools = _pools()
    if dice.random() < 0.5:
        text = f"{dice.randrange(1, 20000)} {dice.choice(pools['streets'])}"
        if dice.random() < 0.25:
            text += f" {dice.choice(['Apt', 'Apt.', '#', 'Unit', 'Suite'])} {dice.randrange(1, 900)}"
        if dice.random() < 0.1:
            text = f"{dice.choice(['P.O. Box', 'PO Box'])} {dice.randrange(10, 700000)}"
    else:
        zip_code = f"{dice.randrange(501, 99951):05d}" + (
            f"-{dice.randrange(10000):04d}" if dice.random() < 0.2 else ""
        )
        text = f"{dice.choice(pools['towns'])}, {dice.choice(pools['states'])} {zip_code}"
    return _cased(dice, text), "print" if dice.random() < 0.8 else "hand"


def _account(dice: Random) -> tuple[str, str]:
    number = "".join(dice.choices(string.digits, k=dice.choice([10, 10, 10, 10, 8, 9, 11, 12])))
    if dice.random() < 0.15:
        number = f"{number[:4]}{dice.choice(' -')}{number[4:]}"
    label = dice.choice(
        [
            "",
            "",
            "Acct ",
            "Acct# ",
            "#",
            "Loan ",
            "acct ",
            "Account: ",
            "ACCT# ",
            "Account Number: ",
            "Loan # ",
            "lease ",
            "acct. no. ",
            "A/C ",
            "Ref ",
            "re: ",
            "Account ",
        ]
    )
    return label + number, "either"


def _serial(dice: Random) -> tuple[str, str]:
    digits = "".join(dice.choices(string.digits, k=dice.randrange(3, 9)))
    bank = f"{dice.randrange(1, 100)}-{dice.randrange(1, 10000)}/{dice.randrange(100, 4000)}"
    return dice.choice([digits, digits, bank, f"No. {digits}"]), "print"


def _scan_line(dice: Random) -> tuple[str, str]:
    """Only digits, in groups: the foot of a coupon."""
    groups = ["".join(dice.choices(string.digits, k=dice.randrange(1, 13))) for _ in range(dice.randrange(2, 5))]
    return " ".join(groups), "ocr"


def _day(dice: Random) -> tuple[str, str]:
    day = date(2000, 1, 1) + timedelta(days=dice.randrange(15000))
    forms = (
        f"{day.month}/{day.day}/{day:%y}",
        f"{day.month}-{day.day}-{day:%y}",
        f"{day:%m/%d/%Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day:%b} {day.day}, {day.year}",
        f"{day:%b} {day.day} {day:%y}",
        f"{day.day} {day:%B} {day.year}",
        f"{day:%m-%d-%Y}",
        f"{day:%b}. {day.day}, {day.year}",
        f"{day:%m.%d.%y}",
        f"{day:%Y-%m-%d}",
    )
    text = dice.choice([*forms[:5], *forms[:5], *forms])
    if dice.random() < 0.1:
        text = dice.choice(["Date ", "DATE ", "Date: "]) + text
    return _cased(dice, text), "either"


def _figures(dice: Random) -> tuple[str, str]:
    whole, rest = int(10 ** dice.uniform(0.5, 5)), dice.randrange(100)
    forms = (
        f"{whole}.{rest:02d}",
        f"{whole:,}.{rest:02d}",
        f"${whole:,}.{rest:02d}",
        f"**{whole:,}.{rest:02d}**",
        f"{whole} {rest:02d}/100",
        f"{whole} xx/100",
        f"{whole} no/100",
        f"${whole:,}.{rest:02d}**",
        f"{whole}.00",
        f"$ {whole}.{rest:02d}",
        f"{whole}-{rest:02d}",
    )
    return dice.choice(forms), "either"


def _label(dice: Random) -> tuple[str, str]:
    return dice.choice(LABELS), "print"


def _phrase(dice: Random) -> tuple[str, str]:
    return _cased(dice, dice.choice(PHRASES)), "hand" if dice.random() < 0.75 else "print"


def _sentence(dice: Random) -> tuple[str, str]:
    words = dice.choices(_pools()["words"], k=dice.randrange(1, 7))
    text = " ".join(words)
    if dice.random() < 0.3:
        text += dice.choice(".,:;?!")
    return _cased(dice, text), "either"


def _random_word(dice: Random) -> tuple[str, str]:
    """Letters that follow no language, so that the reader has to look."""
    parts = []
    for _ in range(dice.randrange(1, 4)):
        if dice.random() < 0.5:
            word = "".join(dice.choices(_SYLLABLES, k=dice.randrange(1, 4)))
            parts.append(dice.choice([word, word.capitalize(), word.upper()]))
        else:
            letters = dice.choice([string.ascii_lowercase, string.ascii_uppercase, string.digits, SIGNS])
            parts.append("".join(dice.choices(letters, k=dice.randrange(1, 8))))
    return " ".join(parts), "either"


def _signs(dice: Random) -> tuple[str, str]:
    """Anything on a keyboard, so that every sign is learned."""
    return "".join(dice.choices(string.ascii_letters + string.digits + string.punctuation, k=dice.randrange(2, 12))), (
        "print" if dice.random() < 0.7 else "hand"
    )


_KINDS: tuple[tuple[Callable[[Random], tuple[str, str]], float], ...] = (
    (_amount_in_words, 24),
    (_name, 10),
    (_firm, 11),
    (_address, 8),
    (_account, 10),
    (_day, 7),
    (_figures, 7),
    (_label, 8),
    (_phrase, 7),
    (_sentence, 8),
    (_random_word, 9),
    (_signs, 3),
    (_serial, 3),
    (_scan_line, 4),
)


def _cased(dice: Random, text: str) -> str:
    return dice.choices([text, text.upper(), text.lower(), text.capitalize()], [0.62, 0.24, 0.08, 0.06])[0]


def _part(dice: Random, text: str, share: float) -> str:
    """Sometimes only some words of a long line, so that batches stay narrow."""
    words = text.split(" ")
    if dice.random() > share or len(words) < 4:
        return text
    start = dice.randrange(len(words) - 2)
    return " ".join(words[start : start + dice.randrange(2, 5)])


@lru_cache(maxsize=1)
def _pools() -> dict[str, tuple[str, ...]]:
    """Word lists of Faker (MIT), drawn once."""
    fake = Faker("en_US")
    fake.seed_instance(90125)
    words = {
        word.strip(".,") for _ in range(1500) for word in f"{fake.bs()} {fake.catch_phrase()} {fake.job()}".split()
    }
    return {
        "given": tuple(fake.first_name() for _ in range(2000)),
        "family": tuple(fake.last_name() for _ in range(3000)),
        "firms": tuple(fake.company() for _ in range(800)),
        "streets": tuple(fake.street_name() for _ in range(2000)),
        "towns": tuple(fake.city() for _ in range(2000)),
        "states": tuple(fake.state_abbr() for _ in range(200)),
        "words": tuple(sorted(words)),
    }
