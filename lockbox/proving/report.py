"""The results of the bench as Markdown: for the console, a file, and the README."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial

from lockbox.proving.cost import ENOUGH, Operating, Prices, judged_apart, policy_row
from lockbox.proving.curve import RATES, Judged, Point, at_limit, at_rate, curve, interval, kept_apart, needed
from lockbox.proving.drawn_mail import Measured, Payment
from lockbox.proving.fitting import log_loss
from lockbox.proving.judging import kind_of
from lockbox.proving.real_sets import Sample
from lockbox.proving.speed import Duel, Scaling, Step
from lockbox.simulator.truth import describe

SURE = (0.9, 0.99, 0.999)  # claims at which real sets are judged
LEAST_MS = 0.05  # of CPU a document; cheaper steps are not listed
Groups = dict[str, list[Judged]]
HEADS = ("accepted at 1 % misread", "at 0.1 %", "at 0.01 %")
ALL, WITH_STOPS, ENVELOPES = "all checks", "all checks, missed stops as misreads", "whole envelopes"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines])


def by_field(measured: Measured, *, raw: bool = False) -> Groups:
    """All judged values of each field."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for item in measured.items:
        for field in item.raw if raw else item.fields:
            groups[field.field].append(field.judged)
    return dict(groups)


def by_field_and_kind(measured: Measured) -> Groups:
    """The same by field and kind of document, as in "date, personal"."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for item in measured.items:
        for field in item.fields:
            groups[f"{field.field}, {field.kind}"].append(field.judged)
    return dict(sorted(groups.items()))


def payments_by_kind(measured: Measured) -> Groups:
    """Whole payments: all checks, by kind of check, and whole envelopes.

    Only checks that nothing stops: a post-dated check that is read to the cent is no misread, and no limit would hold
    it. Those are counted in a row of their own, and by name in `straight_through`.
    """
    may = [payment for payment in measured.payments if not payment.document.truth.must_stop]
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for payment in may:
        groups[ALL].append(payment.judged)
        groups[kind_of(payment.document)].append(payment.judged)
    everything = [payment.judged for payment in measured.payments]
    return {**groups, ENVELOPES: list(_envelopes(may)), WITH_STOPS: everything}


def _envelopes(payments: Sequence[Payment]) -> Iterable[Judged]:
    """An envelope is as sure as its least sure check, and right when all its checks are."""
    groups: defaultdict[tuple[str, str, int], list[Payment]] = defaultdict(list)
    for payment in payments:
        truth = payment.document.truth
        groups[truth.site_id, truth.batch_no, truth.envelope_no].append(payment)
    for group in groups.values():
        chances = [payment.judged.probability for payment in group]
        known = [chance for chance in chances if chance is not None]
        yield Judged(
            min(known) if len(known) == len(chances) else None,
            all(payment.judged.right for payment in group),
            all(payment.judged.expected for payment in group),
        )


def curves(groups: Mapping[str, Sequence[Judged]], first: str) -> str:
    """Accept rates at the three misread rates, each with its interval and whether it is proven.

    Each limit is chosen on one half of the claims, and judged on the other.
    """
    rows = []
    for name, judged in groups.items():
        expected = sum(claim.expected for claim in judged)
        right = sum(claim.right and claim.expected for claim in judged)
        if expected:
            cells = [_cell(kept_apart(judged, partial(_limit_at, rate)), rate) for rate in RATES]
            rows.append([name, f"{expected:,}", f"{right / expected:.1%}", *cells])
    return table((first, "to read", "best candidate right", *HEADS), rows)


def _limit_at(rate: float, choosing: Sequence[Judged]) -> float:
    return at_rate(curve(choosing), rate).limit


def _cell(point: Point, rate: float) -> str:
    low, high = point.accept_range
    wrong = f", {point.wrong} wrong" if point.wrong else ""
    mark = "" if point.proven <= rate else " \\*"
    return f"{point.accept_rate:.1%} ({low:.1%} to {high:.1%}){wrong}{mark}"


def proof_note() -> str:
    """How to read the curves, and how many documents prove a rate."""
    counts = ", ".join(f"{rate:.2%}".replace("0%", "%").replace(".%", "%") + f" {needed(rate):,}" for rate in RATES)
    return (
        "In brackets the 95 % interval of the accept rate (Clopper-Pearson). A star: so few were accepted that the "
        "misread rate itself is observed, not proven; n accepted without a misread prove 3/n. To prove a rate, so many "
        f"must be accepted with none wrong: {counts}. Every limit is chosen on one half of the documents and judged "
        "on the other; so more may be wrong than the rate that the limit was chosen for."
    )


def straight_through(measured: Measured) -> str:
    """The day's result under the policy in force, with every misread by name."""
    assert measured.score is not None
    posted = [payment for payment in measured.payments if payment.posted]
    wrong = len(measured.score.misreads)
    point = Point(0.0, len(posted), wrong, len(measured.payments))
    lines = [*describe(measured.score)]
    once = posted_once(measured)
    if once:
        lines.append(f"{once} of these are second scans whose first was held unread: posted once, no misread")
        wrong -= once
        point = Point(0.0, len(posted), wrong, len(measured.payments))
    if posted:
        lines.append(
            f"under the policy in force (at most {measured.max_misread_ppm} ppm): {wrong} misread of {len(posted):,} "
            f"posted, at most {point.proven:.3%} with 95 % confidence"
        )
    return "\n".join(f"- {line.strip()}" for line in lines)


def posted_once(measured: Measured) -> int:
    """Second scans that were posted rightly, since their first was held unread: the truth counts them as misread."""
    posted = (payment for payment in measured.payments if payment.posted)
    return sum("duplicate" in payment.document.truth.reasons and payment.judged.right for payment in posted)


def stops(measured: Measured) -> str:
    """Why checks that may post by themselves did not, most frequent reason first; a check may have several."""
    could = [payment for payment in measured.payments if payment.judged.expected]
    held = [payment for payment in could if not payment.posted]
    counts = Counter(reason for payment in held for reason in payment.stopped_by)
    alone = Counter(payment.stopped_by[0] for payment in held if len(payment.stopped_by) == 1)
    rows = [
        [reason, str(count), str(alone[reason]), f"{count / len(could):.1%}"] for reason, count in counts.most_common()
    ]
    return table(("reason", "checks", "for this alone", "of all that could post"), rows) if rows else "Nothing."


def honesty(before: Groups, after: Groups) -> str:
    """Log loss of the claims of each field before and after calibration."""
    rows = []
    for name, judged in before.items():
        claims = sum(claim.probability is not None for claim in judged)
        rows.append([name, f"{claims:,}", f"{log_loss(judged):.4f}", f"{log_loss(after[name]):.4f}"])
    return table(("field", "claims", "log loss as claimed", "calibrated"), rows)


def costs(fields: Groups, payments: Groups, prices: Prices) -> str:
    """The cheapest limit of every field and of whole payments, by kind."""
    rows = []
    for name, judged in {**{f"payment, {kind}": claims for kind, claims in payments.items()}, **fields}.items():
        best = judged_apart(judged, prices)
        point = best.point
        if point.expected:
            cents = f"{best.total_cents / point.expected:,.0f}"
            counts = (f"{point.accept_rate:.1%}", str(point.wrong), cents)
            rows.append([name, f"{point.expected:,}", _limit(best), *counts])
    heads = ("what", "n", "accept when at least", "accepted", "wrong", "cents an item")
    return table(heads, rows)


def _limit(best: Operating) -> str:
    return f"{best.point.limit:.6f}" if best.point.accepted else "never"


def rows_to_paste(payments: Groups, fields: Groups, prices: Prices, from_day: date, origin: str) -> str:
    """Policy rows of the decision's limits, where enough was measured to set them."""
    limits = {"post.max_misread_ppm": payments.get(ALL, [])}
    limits |= {
        f"post.max_misread_ppm.{kind}": judged
        for kind, judged in payments.items()
        if kind not in (ALL, ENVELOPES, WITH_STOPS)
    }
    made = []
    for rule, judged in limits.items():
        best = judged_apart(judged, prices)
        if best.point.accepted >= ENOUGH:
            made.append(
                policy_row(
                    rule, max(1, best.misread_ppm), from_day, f"cheapest on {origin}, {_wrong_of_accepted(best)}"
                )
            )
    for rule, name in (("post.min_micr_ppm", "routing"),):
        best = judged_apart(fields.get(name, []), prices)
        if best.point.accepted >= ENOUGH:
            value = int(best.point.limit * 1e6)
            made.append(policy_row(rule, value, from_day, f"cheapest {name} on {origin}, {_wrong_of_accepted(best)}"))
    few = f"Fewer than {ENOUGH} accepted of each kind: no row is offered; run it with more envelopes."
    return "```toml\n" + "\n".join(made) + "```" if made else few


def _wrong_of_accepted(best: Operating) -> str:
    return f"{best.point.wrong} wrong of {best.point.accepted} in the half it was not chosen on"


def times(
    steps: Sequence[Step], costs: Sequence[tuple[float, int]], duel: Duel | None, scaling: Scaling, peaks: str
) -> str:
    """CPU per step, documents per second and core, the comparison with Tesseract, and two processes against one.

    `costs` are each document's CPU milliseconds and lines read by the second reader; a document without such lines took
    the fast path.
    """
    mean = sum(ms for ms, _ in costs) / len(costs)
    ordered = sorted(ms for ms, _ in costs)
    fast = [ms for ms, rereads in costs if not rereads]
    lines = [
        f"- {1000 / mean:.1f} documents a second and core: {mean:.0f} ms CPU each over {len(costs):,} documents "
        f"(half under {ordered[len(ordered) // 2]:.0f}, 95 % under {ordered[int(0.95 * len(ordered))]:.0f})",
        f"- on the fast path, without a look of the second reader: {1000 * len(fast) / max(1.0, sum(fast)):.1f} a "
        f"second and core over {len(fast):,} documents",
        f"- two processes against one: {scaling.two_processes / scaling.one_process:.2f} times "
        f"({scaling.two_processes:.2f} and {scaling.one_process:.2f} documents "
        f"a second of wall time over {scaling.documents}; other work on the machine lowers it)",
        f"- {peaks}",
    ]
    if duel:
        fields, (low, high) = sum(bout.fields for bout in duel.bouts), duel.spread
        lines.append(
            f"- pytesseract on the same {fields:,} fields of {len(duel.bouts)} documents, cut out for it, takes "
            f"**{duel.times_as_fast:.1f} times** our CPU time, finding the fields and all else included "
            f"({low:.1f} to {high:.1f}, 95 %); "
            + ", ".join(f"{kind} {part.times_as_fast:.1f} ({len(part.bouts)})" for kind, part in duel.by_kind().items())
        )
    rows = [
        [step.name, f"{step.calls_per_document:.2f}", f"{step.cpu_ms_per_document:.1f}"]
        for step in steps
        if step.cpu_ms_per_document >= LEAST_MS
    ]
    return "\n".join(lines) + "\n\n" + table(("step", "calls a document", "CPU ms a document"), rows)


def real(samples: Sequence[Sample]) -> str:
    """How real sets are read, and how surely. No limit is chosen on them, and nothing is fitted to them."""
    groups: defaultdict[str, list[Judged]] = defaultdict(list)
    for sample in samples:
        groups[sample.what].append(sample.judged)
    rows = []
    for what, judged in groups.items():
        low, high = interval(sum(claim.right for claim in judged), len(judged))
        right = f"{sum(claim.right for claim in judged) / len(judged):.1%} ({low:.1%} to {high:.1%})"
        rows.append([what, f"{len(judged):,}", right, *(_at_most(at_limit(judged, limit)) for limit in SURE)])
    heads = ("real pictures", "to read", "best candidate right", *(f"claimed from {limit:g}" for limit in SURE))
    return table(heads, rows) if groups else "No folder of real sets here."


def _at_most(point: Point) -> str:
    """How many are that sure, how many of these are wrong, and how many that proves at most."""
    return f"{point.accepted:,}, {point.wrong} wrong, at most {point.proven:.1%}"
