"""What a profile says about mail: sites and their P.O. boxes, payees, and the rules on amounts."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from lockbox.errors import InputError
from lockbox.settings import ROOT
from lockbox.simulator.lender_terms import terms_of

REFERENCE = ROOT / "profiles" / "reference.toml"


def test_sites_are_told_apart_and_know_their_boxes() -> None:
    terms = terms_of(REFERENCE)
    assert terms.lender_id == "meridian"
    assert terms.regular.site_id == "dallas"
    assert terms.regular.towns == {"loan": "Dallas, TX 75265-0805", "lease": "Dallas, TX 75266-0891"}
    assert terms.regular.boxes == {"loan": "650805", "lease": "660891"}
    assert (terms.overnight.site_id, terms.overnight.time_zone) == ("richardson", "America/Chicago")
    assert terms.overnight.boxes == {"loan": "1501 North Plano Rd", "lease": "1501 North Plano Rd"}


def test_payees_are_listed_by_product_the_usual_one_first() -> None:
    assert terms_of(REFERENCE).payees == {
        "loan": ("Meridian Motor Credit",),
        "lease": ("Meridian Motor Leasing", "Meridian Lease Trust"),
    }


def test_rules_on_amounts_and_the_calendar_are_those_of_the_profile() -> None:
    terms = terms_of(REFERENCE)
    assert (terms.accept_partial, terms.underpaid_tolerance_cents) == (True, 500)
    assert terms.rules.late_fee("TX", date(2026, 11, 1)).grace_days == 15
    assert terms.is_open(date(2026, 11, 16))
    assert not terms.is_open(date(2026, 11, 26))  # Thanksgiving


def test_a_file_that_is_no_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text("not = [toml")
    with pytest.raises(InputError):
        terms_of(path)
