"""The verbs about what differs from a site's own words, each run as an operator runs it."""

from __future__ import annotations

from lockbox.runtime import Runtime
from lockbox.settings import Settings
from tests.builders.command_line import verb
from tests.builders.site_days import SCOPE, lacking_day, posted_day

EVENING = ("--as-of", "2026-11-16T19:00:00-06:00")
NIGHT = ("--as-of", "2026-11-17T01:10:00-06:00")


def run(settings: Settings, *words: str, code: int = 0) -> str:
    """What a verb prints, errors too, blanks collapsed; it must end with that code."""
    process = verb(settings, *words)
    assert process.returncode == code, process.stderr
    return " ".join((process.stdout + process.stderr).split())


def test_a_day_waits_until_a_person_accepted_what_is_missing(runtime: Runtime) -> None:
    settings = lacking_day(runtime).settings
    assert "a person has to accept what differs" in run(settings, "close", str(SCOPE), *EVENING, code=8)
    listed = run(settings, "differences", *EVENING)
    assert "open: 3 documents and 3 envelopes missing" in listed
    accept = ("accept-difference", "1", "2", "--by", "M. Ruiz", "--reason", "shredded", *EVENING)
    assert "accepted by M. Ruiz" in run(settings, *accept)
    assert "accepted by M. Ruiz: shredded" in run(settings, "differences", str(SCOPE), *EVENING)
    assert "ties, 3 documents and 3 envelopes missing, accepted by M. Ruiz" in run(settings, "close", *EVENING)


def test_a_day_closed_with_open_differences_is_an_error_everywhere(runtime: Runtime) -> None:
    settings = lacking_day(runtime).settings
    texts = [
        run(settings, "close", *NIGHT, code=11),
        run(settings, "status"),
        run(settings, "report", "2026-11-16", *NIGHT),
    ]
    page = (settings.reports_path / "2026-11-16.html").read_text()
    assert "closed with open differences: 3 documents and 3 envelopes missing" in texts[0]
    assert "Open differences" in texts[1]
    assert "error" in texts[1]
    assert "closed with open differences ✘" in texts[2]
    for text in [*texts, page]:
        assert "in balance" not in text.lower()
        assert "✓ ties" not in text


def test_a_day_without_differences_lists_none(runtime: Runtime) -> None:
    assert run(posted_day(runtime).settings, "differences", *EVENING) == "no differences are on record"


def test_a_number_that_is_none_is_refused(runtime: Runtime) -> None:
    settings = lacking_day(runtime).settings
    words = ("accept-difference", "7", "--by", "M. Ruiz", "--reason", "shredded", *EVENING)
    assert "no such difference" in run(settings, *words, code=4)
