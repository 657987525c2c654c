"""The stories of a day: their number, their shares, and that each of them can be written and decided."""

from __future__ import annotations

from collections import Counter

import pytest

from lockbox.simulator.debts import SORTS
from lockbox.simulator.scenarios import EXACT, STORIES, WHOLE_DAY, EnvelopeMix, Story, quotas

OWN_SHAPES = {"several_coupons", "several_checks", "coupon_only", "letter_only", "check_letter"}


@pytest.mark.parametrize("envelopes", [0, 1, 20, WHOLE_DAY, 200, 1000])
def test_a_day_has_as_many_stories_as_envelopes(envelopes: int) -> None:
    assert len(quotas(envelopes)) == envelopes


def test_a_whole_day_has_every_story_and_its_share() -> None:
    counts = Counter(story.name for story in quotas(1000))
    assert set(counts) == {story.name for story in (*STORIES, EXACT)}
    assert (counts["underpaid"], counts["rounded_up"], counts["stale_bank_check"]) == (25, 30, 5)
    assert {story.name for story in STORIES} < {story.name for story in quotas(WHOLE_DAY)}


def test_a_small_day_has_only_common_stories() -> None:
    counts = Counter(story.name for story in quotas(20))
    assert counts["exact"] >= 15
    assert counts["overpaid"] == 0


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_can_be_written_and_decided(story: Story) -> None:
    assert set(story.shapes) <= OWN_SHAPES | set(EnvelopeMix.__slots__)
    assert story.contract in SORTS
    assert story.outcome in ("post", "review", "suspense")
    assert 0 < story.share < 0.1
    if story.must_stop:
        assert story.outcome != "post"
        assert story.reasons or story.contract == "flagged"


def test_names_are_unique_and_leave_room_for_exact_payments() -> None:
    names = [story.name for story in STORIES]
    assert len(set(names)) == len(names)
    assert sum(story.share for story in STORIES) < 0.5
