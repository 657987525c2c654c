"""What operators read in the web UI about the lockbox, in Markdown."""

from __future__ import annotations

from typing import Any

STAGES = {
    "ingest": """
**Takes a delivery in.** Images go into the image store, documents into the database, the control totals are compared.
What cannot be used is set aside with its reason; the rest of the batch goes on in balance.

*Fails at once* when nothing of the delivery is usable, or when it came before with other content: ask the site to
scan it again. A changed delivery is taken up by the next run.
""",
    "read": """
**Reads every check, coupon and letter**: MICR line, amounts in figures and words, account number, date, scan line.
Gives candidates with probabilities and decides nothing. Takes a slot of the pool `readers`.
""",
    "decide": """
**Decides post or review** for every item, with all reasons, by comparing what was read with the contract master.
Nothing is posted whose chance of being wrong is above the policy's limit.
""",
    "post": """
**Writes the journals** of what was decided, exactly once, in one transaction. Running it again posts nothing twice.
""",
}

WAITING_BATCHES = """
**Looks into the site's inbox** for batches whose `DONE` marker is there and that are not posted. None: the rest is
skipped.
"""

ANNOUNCE = """
**Tells the day close that batches were posted** (asset `lockbox_posted`), as soon as at least one got through.
"""

NONE_FAILED = """
**Shows the run as failed when a step before it failed**, although others went through. Open the red one in the
grid; its log names file, record and reason.
"""

CLOSABLE_DAYS = """
**Lists the site days that can be closed**: past the cut-off, the site's manifest is in, every batch is posted.
"""

CLOSE = """
**Closes one site day**: captured = posted + suspense + in review + rejected, in count and cents, and the deposit equals
the accepted checks. A day that does not balance stays open, and the log says where it differs.
"""

BUSINESS_DATES = """**The dates to report**: of the days that could be closed, and of closed days without a report."""

EXPECTATIONS = """
**Validates the day's data** with Great Expectations, independently of the code that wrote it.
"""

REPORT = """
**Writes the day's report** (one HTML file under `reports/`), also when a close failed: it shows what is open.
"""

LATE_WORK = """
**Notes what is late**: not posted by its site's cut-off. Each is an event, once. Left to the sweep: while a site's mail
is still coming through, nothing is late yet.
"""

ALL_CLOSED = """**Shows the run as failed when a day did not close**, although the others did."""

WAITING_NIGHTS = """
**Lists the nights to run**: of dates that are over and closed, the oldest first. Missed ones are among them.
"""

NIGHT = """
**Runs one night**, in steps, each in one transaction: bills, payments held for this day, interest, late fees, use of
unapplied money, delinquency, the seal over the ledger, all checks. A step that was done is not done again.

*Fails* when a check finds something; the log names check and contract. Nothing of that step was written; correct the
cause, then clear the task.
"""

LATE_NIGHTS = """**Notes nights that are a day late or more**, each once, as an event that the report shows."""

NIGHT_DAG = """
# Grace period and delinquency

Starts when the day close has closed what it could, and at half past ten in the evening, weekends too: interest knows
none. A night waits until every known site day up to its date is closed; missed nights are made up one by one.

What a night does and in what order is defined in `lockbox/servicing/night.py`; running it again changes nothing.

To run as of another time, trigger with the parameter *As of*.
"""

DAY_CLOSE_DAG = """
# Day close

Starts when a site has posted batches, and every half hour after the cut-off for what is left.

1. `closable_days` finds the site days that are complete.
2. `close` ties out each, independently of the others, and makes its deposit.
3. `expectations` and `report` check and show the day; `late_work` notes what missed the cut-off.

**If a close is red:** its log names the totals that differ, by how many items and cents. Nothing was written; correct
the cause, then clear the task.

To close as of another time, trigger with the parameter *As of*. Running it again changes nothing that is closed.
"""


NEWEST_NIGHT = """**Finds the night that was run last**; before the first one the run is skipped."""

STATEMENTS = """
**Makes the statements that are due**, one for each installment, all from one snapshot of the ledger. One whose entries
do not add up to the contract's position is not made and becomes an event; the others are.
"""

PRINT_RUNS = """
**Prints what goes out on paper** into `outbox/print`: a PDF and a mailing manifest for each batch. The mailing house
takes a batch when its `.done` lies there. A batch that a crash cut off is made again, to the byte.
"""

NOTICES = """**Plans what customers are told**, each once: due, posted, returned, late, statement, lease end."""

SEND = """
**Sends what waits and may go out at this hour** where the customer is. Email at least once, texts at most once. What
cannot be delivered is set aside as an event.
"""

STATEMENTS_DAG = """
# Statements and notices

Every hour. After a night the first run makes its statements, prints them and plans the notices; the others find nothing
to make and send what may go out by then.

1. `newest_night` → `statements` → `print_runs` and `notices`, each once for a night.
2. `send` runs whatever became of the others: what was planned before still goes out.

**If `statements` is red:** nothing was made of that try; its log says why. **Customers who cannot be reached** are
events of kind `notice` or `bounce` in `status` and in the day's report.

To work as of another time, trigger with the parameter *As of*.
"""


def mail_dag(site: dict[str, Any]) -> str:
    """The page of a site's mail DAG."""
    return f"""
# Mail of {site["name"]}

{site["address"]}. From scanned batch to ledger, every five minutes on weekdays ({site["time_zone"]}), or triggered.

| step | what happens |
|---|---|
| `waiting_batches` | which batches are complete on disk and not yet posted |
| `ingest` | images and documents taken in, totals compared, the unusable set aside |
| `read` | all fields of all documents, as candidates with probabilities |
| `decide` | post or review, with every reason |
| `post` | journals, exactly once |
| `announce` | tells the day close |

Batches do not wait for one another: **a red batch stops no other.** Its log names file, record and reason.

**To try again** after the cause is gone: clear the red task, or wait for the next run. Every step may run any number of
times; what is done is not done twice.

To work as of another time, trigger with the parameter *As of*.
"""
