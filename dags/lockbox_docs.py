"""The pages that operators read in Airflow's web UI, in Markdown."""

from __future__ import annotations

from typing import Any

STAGES = {
    "ingest": """
**Takes in a delivery.** Stores the images, lists the documents and compares the control totals. Files that cannot be
used are set aside with the reason; the rest of the batch continues. What is missing is named at the close.

*Fails at once* if nothing in the delivery is usable, or if the same batch arrived before with different content. Ask
the site to scan it again; the next run picks up a changed delivery.
""",
    "read": """
**Reads every check, coupon and letter**: MICR line, amount in figures and in words, account number, date, scan line.
Produces candidates with probabilities and decides nothing. Uses one slot of the pool `readers`.
""",
    "decide": """
**Decides how to handle each item** (post, suspense, review or reject), with all reasons, by comparing the readings with
the contract master. An item posts only if its chance of being wrong is within the policy's limit.
""",
    "post": """
**Posts the decided items to the ledger**, exactly once, in one transaction. Running it again posts nothing twice.
""",
}

WAITING_BATCHES = """
**Checks the site's inbox** for batches that have their `DONE` marker and are not posted. If there are none, the
remaining tasks are skipped.
"""

ANNOUNCE = """
**Tells the day close that batches were posted** (asset `lockbox_posted`), once at least one batch succeeded.
"""

NONE_FAILED = """
**Marks the run as failed if any task failed**, even if others succeeded. Open the red task in the grid; its log names
the file, the record and the reason.
"""

CLOSABLE_DAYS = """
**Lists the site days that are ready to close**: past the cut-off, manifest received, all posted, missing mail accepted.
"""

CLOSE = """
**Closes one site day**: captured = posted + suspense + in review + rejected, in count and in cents, and the deposit
equals the accepted checks. A day out of balance stays open, and the log shows where.
"""

OPEN_DIFFERENCES = """**Red if a day of this run was closed with open differences**: find or accept them."""

BUSINESS_DATES = """**Lists the dates to report**: dates that were ready to close, and closed dates without a report."""

EXPECTATIONS = """
**Validates the day's data** with Great Expectations, independently of the code that wrote the data.
"""

REPORT = """
**Writes the day's report** (one HTML file under `reports/`), even if a close failed: the report shows what is open.
"""

LATE_WORK = """
**Notes late work**: everything not posted by its site's cut-off, as one event each. Only scheduled runs do this:
nothing is late while a site's mail is still being processed.
"""

ALL_CLOSED = """**Marks the run as failed if a day did not close**, even if others did."""

WAITING_NIGHTS = """
**Lists the nights to run**, oldest first: dates that are over and closed, including missed nights.
"""

NIGHT = """
**Runs one night** in steps, each in one transaction: bills, payments waiting for this date, interest, late fees, use of
unapplied money, delinquency, the seal of the ledger, all controls. A finished step is not repeated.

*Fails* if a control finds an exception; the log names the control and the contract. Nothing was written in that step.
Correct the cause, then clear the task.
"""

LATE_NIGHTS = """**Notes nights that are a day or more late**, as one event each, which the report shows."""

NIGHT_DAG = """
# Grace period and delinquency

Starts after the day close, and at 10:30 p.m. every day, weekends included, because interest accrues every day. A night
waits until every known site day through its date is closed; missed nights are made up one at a time.

`lockbox/servicing/night.py` defines what a night does and in what order. Running a night again changes nothing.

To run as of another time, trigger the DAG with the parameter *As of*.
"""

DAY_CLOSE_DAG = """
# Day close

Starts when a site has posted batches, and every half hour in the evening and at night for the remaining days.

1. `closable_days` finds the site days that are complete.
2. `close` ties out each day independently and makes its deposit.
3. `expectations` and `report` validate and report the day; `late_work` notes what missed the cut-off.
4. `open_differences` is red if a day was closed with something missing: `lockbox differences` lists it.

**If a `close` task is red:** its log names the totals that differ, in items and cents. Nothing was written. Correct the
cause, then clear the task.

To close as of another time, trigger the DAG with the parameter *As of*. Running it again does not change closed days.
"""


NEWEST_NIGHT = """**Finds the latest night that has run.** Before the first night, the run is skipped."""

STATEMENTS = """
**Makes the statements that are due**, one per installment, all from one snapshot of the ledger. A statement whose
entries do not add up to the contract's balance is not made and becomes an event; the others are made.
"""

PRINT_RUNS = """
**Prints what goes out by mail** into `outbox/print`: a PDF and a mailing manifest per batch. The print vendor picks
up a batch once its `.done` file is there. A batch interrupted by a crash is made again, byte for byte.
"""

NOTICES = """**Plans customer notices**, each once: due, posted, returned, late, statement, lease end."""

SEND = """
**Sends waiting notices** that may go out at the customer's local time. Email is sent at least once, texts at most once.
Notices that cannot be delivered are set aside as events.
"""

STATEMENTS_DAG = """
# Statements and notices

Every hour. The first run after a night makes and prints its statements and plans the notices; later runs find nothing
new to make and send what may go out by then.

1. `newest_night` → `statements` → `print_runs` and `notices`, each once per night.
2. `send` runs whatever the result of the others: notices planned earlier still go out.

**If `statements` is red:** that attempt made nothing; its log shows the reason. **Customers who cannot be reached**
appear as events of kind `notice` or `bounce` in `status` and in the day's report.

To work as of another time, trigger the DAG with the parameter *As of*.
"""


def mail_dag(site: dict[str, Any]) -> str:
    """The page of a site's mail DAG."""
    return f"""
# {site["name"]} mail

{site["address"]}. From scanned batch to ledger, every five minutes on weekdays ({site["time_zone"]}), or on demand.

| task | what it does |
|---|---|
| `waiting_batches` | finds batches that are complete on disk and not yet posted |
| `ingest` | takes in images and documents, compares totals, sets unusable files aside |
| `read` | reads all fields of all documents, as candidates with probabilities |
| `decide` | decides each item, with every reason |
| `post` | posts to the ledger, exactly once |
| `announce` | tells the day close that batches were posted |

Batches are independent: **a red batch does not stop the others.** Its log names the file, the record and the reason.

**To retry** after correcting the cause: clear the red task, or wait for the next run. Every task can run any number of
times; finished work is not repeated.

To work as of another time, trigger the DAG with the parameter *As of*.
"""
