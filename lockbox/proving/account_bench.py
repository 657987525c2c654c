"""The account bench: numbers written by hand against a million contracts, with and without check digits.

Every line is matched twice: against the master as it is, where it must lead to its contract, and against the master
without that contract, where the number is a stranger's and must lead to nobody. Lines with a slip of the pen, and in
the master with check digits numbers of a lender who has none, come on top.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
import psutil
import sqlalchemy as sa

from lockbox import db
from lockbox.lender.account_number import NumberRule
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.contract_match import ContractView, PayerReading, match
from lockbox.mail.decision_basis import candidate_contracts
from lockbox.parallel import fresh
from lockbox.proving.account_lines import LineRead, Written, draw_line, read_line
from lockbox.proving.account_master import KNOWN_PAYER, LEAST_CENTS, MOST_CENTS, Owner, load, make_owners, token_of
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import DAY, Tell
from lockbox.proving.report import table
from lockbox.proving.scratch import scratch
from lockbox.settings import Settings
from lockbox.simulator.phrasing import swapped

SECOND_FACTOR_NATS = 2.3  # for a lender whose numbers carry no check digits
CLEAR = 0.6  # a payer's block less sure than this does not count against a contract, as in `decision`
# Who pays, where the mail does not say: shares of payments. The report states them.
OWN_NAME, OWN_HOUSE = 0.93, 0.05  # the customer's own check; a household member's; the rest is anybody's
MOVED = 0.04  # the check still has an old address
AS_DUE = 0.85  # the amount is the installment
SAME_BANK = 0.9  # of those who paid before, from the same bank account
SLIPS = 10  # lines without a slip of the pen for each line with one
LIMITS = ((0.5, 4.0), (1.0, 4.0), (1.0, 6.0), (2.0, 4.0), (3.0, 4.0), (6.0, 4.0), (8.0, 4.0), (1.0, 2.0))
SHOWN = 40  # misreads listed
BETWEEN = 500  # lines after which the report is written again, so that an interrupted run leaves a report


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One planned line: whose contract is meant, what is written, and what else the check would say."""

    what: str  # own, slip, other
    owner: Owner | None
    written: Written
    token: str | None
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Case:
    """One line matched against one master."""

    what: str  # own, foreign, slip, other
    meant: str | None  # the account number that must come out; None: none may
    line: AccountLine
    read: LineRead
    contracts: Mapping[str, ContractView]
    payer: PayerReading

    def outcome(self, rule: NumberRule, size: int) -> str:
        """accepted, wrong or held."""
        best = match(self.read.number.candidates, self.contracts, size, rule, self.payer).best
        if best is None or not best.exact:
            return "held"
        return "accepted" if best.contract.account_number == self.meant else "wrong"


@dataclass(slots=True)
class World:
    """One lender's contract master and the results on it."""

    name: str
    rule: NumberRule
    size: int
    planned: int = 0  # lines
    cases: list[Case] = field(default_factory=list)
    lookup_ms: list[float] = field(default_factory=list)
    match_ms: list[float] = field(default_factory=list)
    read_ms: list[float] = field(default_factory=list)
    load_s: float = 0.0
    lookup_cpu_ms: float = 0.0  # of the server's process, a line
    known: dict[NumberRule, list[str]] = field(default_factory=dict)

    def outcomes(self, rule: NumberRule) -> list[tuple[str, Case]]:
        """Each case with its outcome under a rule; a case is matched once."""
        known = self.known.setdefault(rule, [])
        known += [case.outcome(rule, self.size) for case in self.cases[len(known) :]]
        return list(zip(known, self.cases, strict=True))


def bench_accounts(
    settings: Settings, contracts: int, lines: int, seed: int, folder: Path, tell: Tell
) -> Iterator[str]:
    """Measures both lenders and yields the report section by section, as each is known.

    The folder gets `accounts.md`, written again every few hundred lines, and under `missed` the picture of every line
    that was accepted wrongly or that was a customer's own and not accepted.
    """
    (folder / "missed").mkdir(parents=True, exist_ok=True)
    sections = [_preface(lines, seed)]
    yield sections[0]
    with fresh(settings.workers) as pool:
        for with_digits in (True, False):
            for world in _worlds(settings, contracts, lines, seed, with_digits, pool, tell):
                text = "\n\n".join([*sections, _so_far(world)])
                (folder / "accounts.md").write_text(f"{text}\n", encoding="utf-8")
            _keep_missed(world, folder / "missed")
            sections.append(section(world))
            (folder / "accounts.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")
            yield sections[-1]


def _worlds(
    settings: Settings, contracts: int, lines: int, seed: int, with_digits: bool, pool: ProcessPoolExecutor, tell: Tell
) -> Iterator[World]:
    """One lender's world: yielded again and again as it grows, complete at last."""
    name = "with check digits" if with_digits else "without check digits"
    tell(f"{name}: master", 0, 1)
    owners = make_owners(seed, contracts, check_digits=with_digits)
    planned = plan(owners, lines, seed, strangers=with_digits)
    readings = pool.map(read_line, [line.written for line in planned], chunksize=8)  # runs while the master is loaded
    with scratch(settings) as own:
        begun = time.perf_counter()
        with db.engine(own, owner=True).begin() as connection:
            load(connection, owners)
        loaded_s = time.perf_counter() - begun
        with db.engine(own).connect() as connection:
            rule = policy_on(connection, _site(connection), DAY).number_rule
            if not with_digits:
                rule = replace(rule, check_digits="none", second_factor_nats=SECOND_FACTOR_NATS)
            world = World(name, rule, contracts, len(planned), load_s=loaded_s)
            server = psutil.Process(connection.execute(sa.text("select pg_backend_pid()")).scalar_one())
            begun_s = sum(server.cpu_times()[:2])
            for done, (line, read) in enumerate(zip(planned, readings, strict=True), 1):
                _match_line(connection, world, line, read)
                world.lookup_cpu_ms = (sum(server.cpu_times()[:2]) - begun_s) * 1000 / done
                tell(f"{name}: lines", done, len(planned))
                if done % BETWEEN == 0 or done == len(planned):
                    yield world


def _site(connection: sa.Connection) -> str:
    return str(connection.execute(sa.text("select site_id from site order by site_id limit 1")).scalar_one())


def plan(owners: Sequence[Owner], lines: int, seed: int, *, strangers: bool) -> list[AccountLine]:
    """Lines of contracts chosen at random, a tenth as many with a slip, and on request as many of strangers."""
    chance = Random(seed)
    chosen = chance.sample(owners, lines)
    made = [_line("own", owner, owner.number, seed + no, owners, chance) for no, owner in enumerate(chosen)]
    for no, owner in enumerate(chosen[: lines // SLIPS]):
        made.append(_line("slip", owner, _slipped(chance, owner.number), seed + lines + no, owners, chance))
    if strangers:
        known = {owner.number for owner in owners}
        for no in range(lines):
            number = f"{chance.randrange(10**10):010d}"
            while number in known:
                number = f"{chance.randrange(10**10):010d}"
            made.append(_line("other", None, number, seed + 2 * lines + no, owners, chance))
    return made


def _slipped(chance: Random, number: str) -> str:
    """Two neighbors swapped or one digit wrong, equally often."""
    if chance.random() < 0.5 and len(set(number)) > 1:
        return swapped(chance, number)
    at = chance.randrange(len(number))
    return number[:at] + chance.choice([digit for digit in "0123456789" if digit != number[at]]) + number[at + 1 :]


def _line(
    what: str, owner: Owner | None, number: str, seed: int, owners: Sequence[Owner], chance: Random
) -> AccountLine:
    stranger = chance.choice(owners)
    payer, luck = owner or stranger, chance.random()
    name = payer.name
    if luck >= OWN_NAME:
        name = f"{stranger.name.split()[0]} {payer.name.split()[-1]}" if luck < OWN_NAME + OWN_HOUSE else stranger.name
    moved = chance.random() < MOVED or luck >= OWN_NAME + OWN_HOUSE
    address = stranger.address_lines if moved else payer.address_lines
    cents = payer.amount_cents if chance.random() < AS_DUE else chance.randrange(LEAST_CENTS, MOST_CENTS)
    same = owner is not None and owner.token is not None and chance.random() < SAME_BANK
    token = owner.token if owner is not None and same else token_of(f"other {seed}")
    return AccountLine(what, owner, Written(number, (name, *address), seed), token, cents)


def _match_line(connection: sa.Connection, world: World, line: AccountLine, read: LineRead) -> None:
    numbers = read.number.candidates
    begun = time.perf_counter()
    contracts = candidate_contracts(connection, [numbers], [line.token] if line.token else [], DAY, world.rule)
    world.lookup_ms.append((time.perf_counter() - begun) * 1000)
    world.read_ms.append(read.cpu_ms)
    block = read.payer.best
    name, _, address = (block.value if block else "").partition("\n")
    clear = block is not None and block.probability >= CLEAR
    payer = PayerReading(
        frozenset([line.token] if line.token else []), name, address, clear, frozenset({line.amount_cents})
    )
    begun_cpu = time.process_time()
    match(numbers, contracts, world.size, world.rule, payer)
    world.match_ms.append((time.process_time() - begun_cpu) * 1000)
    number = line.owner.number if line.owner else None
    world.cases.append(Case(line.what, number, line, read, contracts, payer))
    if line.what == "own":
        without = {key: view for key, view in contracts.items() if key != number}
        world.cases.append(Case("foreign", None, line, read, without, payer))


_LABELS = {
    "own": "own numbers",
    "foreign": "the same, their contracts taken out of the master",
    "other": "numbers of a lender without check digits",
    "slip": "own numbers with a slip of the pen",
}


def _preface(lines: int, seed: int) -> str:
    return (
        f"# Account numbers by hand\n\nbench seed {seed}, {lines:,} lines a lender, drawn by the simulator's hands and "
        "scanned; read by the readers that read checks. Ranges are Clopper-Pearson at 95 %, `at most` one-sided. "
        f"Who pays is assumed: {OWN_NAME:.0%} the customer, {OWN_HOUSE:.0%} one of the house, the rest "
        f"anybody; {MOVED:.0%} with an old address; {KNOWN_PAYER:.0%} paid before, {SAME_BANK:.0%} of them from the "
        f"same bank account; {AS_DUE:.0%} the installment. Amounts and tokens are taken as read rightly."
    )


def section(world: World) -> str:
    """The report's section on one lender, as Markdown."""
    limits = f"Other limits on the same lines:\n\n{_curve(world)}"
    return "\n\n".join([_so_far(world), limits, _times(world), _misses(world)])


def _so_far(world: World) -> str:
    read = len(world.read_ms)
    cut = f"**{read:,} of {world.planned:,} lines.** " if read < world.planned else ""
    return f"## {world.size:,} contracts {world.name}\n\n{cut}{_rule(world.rule)}\n\n{_outcomes(world)}"


def _rule(rule: NumberRule) -> str:
    support = f", {rule.second_factor_nats:g} nats of second factors" if rule.second_factor_nats else ""
    limits = f"{rule.within_nats:g} nats, {rule.ahead_nats:g} ahead{support}"
    return f"Check digits: {rule.check_digits}; accepted within {limits}."


def _counts(world: World, rule: NumberRule) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for outcome, case in world.outcomes(rule):
        row = counts.setdefault(case.what, {"accepted": 0, "wrong": 0, "held": 0})
        row[outcome] += 1
    return counts


def _outcomes(world: World) -> str:
    rows = []
    for what, row in _counts(world, world.rule).items():
        total, taken = sum(row.values()), row["accepted"] + row["wrong"]
        low, high = interval(taken, total)
        of = total if what != "own" else max(1, taken)
        share = f"{taken / total:.2%} ({low:.2%} to {high:.2%})"
        at_most = f"{interval(row['wrong'], of, 0.9)[1]:.4%}"
        rows.append([_LABELS[what], f"{total:,}", f"{taken:,}", share, str(row["wrong"]), at_most])
    return table(("what is written", "lines", "accepted", "share", "wrong", "wrong, at most"), rows)


def _curve(world: World) -> str:
    rows = []
    for within, ahead in LIMITS:
        counts = _counts(world, replace(world.rule, within_nats=within, ahead_nats=ahead))
        own = counts["own"]
        taken = own["accepted"] + own["wrong"]
        rest = [str(counts[what]["wrong"]) if what in counts else "" for what in ("foreign", "other", "slip")]
        rows.append([f"{within:g}", f"{ahead:g}", f"{taken / sum(own.values()):.2%}", str(own["wrong"]), *rest])
    return table(("within", "ahead", "own accepted", "own wrong", "foreign taken", "others taken", "slips wrong"), rows)


def _times(world: World) -> str:
    def percentiles(values: Iterable[float]) -> str:
        ordered = np.array(sorted(values))
        return f"{np.median(ordered):.2f} ms, 99 % under {np.percentile(ordered, 99):.2f}"

    return (
        "Lookup in the master, one line at a time, wall time beside the readers: "
        f"{percentiles(world.lookup_ms)}; CPU of the server: {world.lookup_cpu_ms:.2f} ms a line. "
        f"Matching, CPU: {percentiles(world.match_ms)}. "
        f"Reading a strip (payer's block and number), CPU: {percentiles(world.read_ms)}. "
        f"The master was loaded in {world.load_s:.0f} s."
    )


def _missed(world: World) -> list[tuple[str, Case]]:
    """What was accepted wrongly, and own numbers that were held."""
    outcomes = world.outcomes(world.rule)
    wrong = [(outcome, case) for outcome, case in outcomes if outcome == "wrong"]
    return wrong + [(outcome, case) for outcome, case in outcomes if outcome == "held" and case.what == "own"]


def _misses(world: World) -> str:
    """The missed lines: what was written, what was read first, and how far below it the truth is."""
    missed, rows = _missed(world), []
    for outcome, case in missed[:SHOWN]:
        candidates = case.read.number.candidates
        nats = next((known.log_likelihood for known in candidates if known.value == case.line.written.number), None)
        best = case.read.number.best
        first = best.value if best else "nothing"
        below = "not listed" if nats is None else f"{nats:.1f}"
        rows.append([outcome, case.what, case.line.written.number, first, below, str(case.line.written.seed)])
    if not rows:
        return "No line was taken wrongly or held."
    return f"Taken wrongly, and own numbers held ({len(missed)} in all):\n\n" + table(
        ("outcome", "what", "written", "read first", "nats of the truth", "seed"), rows
    )


def _keep_missed(world: World, folder: Path) -> None:
    """Every missed line as the scanner gave it."""
    for outcome, case in _missed(world):
        written = case.line.written
        data = draw_line(written)
        name = f"{world.name.split()[0]}-{outcome}-{case.what}-{written.number}-{written.seed}"
        (folder / f"{name}.{'tif' if data[:2] in (b'II', b'MM') else 'jpg'}").write_bytes(data)
