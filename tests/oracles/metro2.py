"""The Metro 2 account status of a contract (Credit Reporting Resource Guide, field 17A), written against the guide.

`night_delinquency` in sql/functions/090_lateness.sql is tested against it.
"""

from __future__ import annotations

# By days past due.
_STATUS_BY_DAYS = ((180, "84"), (150, "83"), (120, "82"), (90, "80"), (60, "78"), (30, "71"), (0, "11"))
# A contract that was paid: at once, after a repossession, after a charge-off. And one that is repossessed or charged
# off. Codes 05, 61, 62, 65, 88, 89, 93, 94 and 95 have no cause in this ledger: nothing is surrendered, sold, assigned
# to collections or foreclosed. DA and DF are for accounts that should never have been reported.
PAID, PAID_REPOSSESSION, PAID_CHARGE_OFF = "13", "63", "64"
REPOSSESSED, CHARGED_OFF = "96", "97"


def metro2_status(
    days_past_due: int, *, paid: bool = False, charged_off: bool = False, repossessed: bool = False
) -> str:
    """The account status code.

    `paid`: nothing is owed any more. A lease must also have ended; of a charge-off the whole loss was recovered.

    Raises:
        ValueError: days below 0.
    """
    if charged_off:
        return PAID_CHARGE_OFF if paid else CHARGED_OFF
    if paid:
        return PAID_REPOSSESSION if repossessed else PAID
    if repossessed:
        return REPOSSESSED
    for days, status in _STATUS_BY_DAYS:
        if days_past_due >= days:
            return status
    raise ValueError(f"{days_past_due} days past due")
