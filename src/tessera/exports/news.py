"""What people are told about runs: ends, holds, missed moments, thresholds that were passed. Never members' data."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tessera.exports.values import Definition
from tessera.notifications import RUN_NEWS, Notice, Subject
from tessera.platform.schedules import Deadline, OverdueMoment, PausedSchedule

KIND, NOUN = "export_definition", "Export"
COUNTS = ("selected", "removed", "sent", "unchanged", "failed", "skipped")
# What a receiver says may repeat what it was sent: people get the code only.
HIDDEN_CODES = frozenset({"refused_row"})


def make_notice(
    definition: Definition, name: str, key: str, *, at: datetime, run: Mapping[str, Any] | None = None, **given: Any
) -> Notice:
    """Return a notice about a definition, and about one of its runs where it has to do with one."""
    facts = [] if run is None else list(describe_run(run))
    path = f"/admin/exports/runs/{run['id']}" if run is not None else f"/admin/exports/definitions/{definition.id}"
    return Notice(
        chain_id=definition.chain_id,
        subject=Subject(KIND, definition.id, definition.label, NOUN),
        news=RUN_NEWS[name],
        key=key,
        happened_at=at,
        facts=facts,
        path=path,
        signal_id=None if run is None else run["id"],
        **given,
    )


def make_start(definition: Definition, run: Mapping[str, Any]) -> Notice:
    """Return the notice that a run began, which monitors hear."""
    return make_notice(definition, "run_started", f"{run['id']} started", at=run["started_at"], run=run)


def make_end(definition: Definition, run: Mapping[str, Any], reasons: Sequence[tuple[str, int]]) -> Notice:
    """Return the notice of how a run ended."""
    paragraphs = [run["error"]] if run["error"] else []
    name = f"run_{run['state']}"
    return make_notice(
        definition,
        name,
        f"{run['id']} ended",
        at=run["finished_at"],
        run=run,
        paragraphs=paragraphs,
        reasons=reasons,
    )


def make_hold(definition: Definition, run: Mapping[str, Any], findings: Sequence[str], *, at: datetime) -> Notice:
    """Return the notice that a run waits for a person."""
    paragraphs = [*findings, "Nothing was sent. Release the run, or drop it; after 7 days it is dropped."]
    return make_notice(definition, "run_held", f"{run['id']} held", at=at, run=run, paragraphs=paragraphs)


def make_pause(definition: Definition, paused: PausedSchedule, *, at: datetime) -> Notice:
    """Return the notice that a schedule was paused."""
    return make_notice(
        definition, "paused", f"{definition.id} paused {at:%Y-%m-%dT%H:%M}", at=at, paragraphs=[paused.reason]
    )


def make_missed(definition: Definition, reason: str, *, count: int, at: datetime) -> Notice:
    """Return the notice that moments passed without a run: at most one a day."""
    moments = "A scheduled moment" if count == 1 else f"{count:,} scheduled moments"
    return make_notice(
        definition,
        "run_missed",
        f"{definition.id} missed {at.astimezone(UTC):%Y-%m-%d}",
        at=at,
        paragraphs=[f"{moments} passed without a run: {reason}."],
    )


def make_overdue(definition: Definition, overdue: OverdueMoment, *, at: datetime) -> Notice:
    """Return the notice that a run did not begin or end by its deadline."""
    verb = "started" if overdue.deadline is Deadline.START else "finished"
    due, by = (f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" for moment in (overdue.due_at, overdue.by))
    return make_notice(
        definition,
        "run_overdue",
        f"{definition.id} {overdue.due_at.isoformat()} {overdue.deadline.value}",
        at=at,
        paragraphs=[f"The run of {due} should have {verb} by {by}, and has not."],
    )


def judge_thresholds(definition: Definition, run: Mapping[str, Any]) -> Iterator[Notice]:
    """Yield the thresholds that the run passed, and those that it is below again."""
    bounds, seconds = definition.thresholds, duration_of(run)
    to_send = run["sent"] + run["failed"]
    share = 100 * run["failed"] / to_send if to_send else 0.0
    checks = [
        ("refused_percent", share, "more", f"{share:.1f} % of the rows were refused"),
        ("seconds", seconds, "more", f"The run took {seconds:,.0f} s"),
        ("least_rows", run["selected"], "fewer", f"The run selected {run['selected']:,} rows"),
        ("most_rows", run["selected"], "more", f"The run selected {run['selected']:,} rows"),
    ]
    for name, value, direction, words in checks:
        bound = getattr(bounds, name)
        if bound is None:
            continue
        passed = value > bound if direction == "more" else value < bound
        yield make_notice(
            definition,
            "threshold_passed" if passed else "threshold_cleared",
            f"{run['id']} {name}",
            at=run["finished_at"],
            run=run,
            paragraphs=[f"{words}; the threshold is {bound:,}."],
            topic=name,
        )


def describe_run(run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a notice says of a run, as labels and values."""
    yield "Trigger", str(run["trigger"])
    if run["scheduled_for"] is not None:
        yield "Scheduled for", show(run["scheduled_for"])
    if run["started_at"] is not None:
        yield "Executed at", show(run["started_at"])
    if run["finished_at"] is not None:
        yield "Finished at", show(run["finished_at"])
        yield "Duration", str(timedelta(seconds=round(duration_of(run))))
    if run["selected"] is not None:
        yield from ((name.capitalize(), f"{run[name]:,}") for name in COUNTS)


def duration_of(run: Mapping[str, Any]) -> float:
    """Return how many seconds an ended run took."""
    started, finished = run["started_at"], run["finished_at"]
    return (finished - started).total_seconds() if started and finished else 0.0


def show(moment: datetime) -> str:
    """Return the moment for people who may be anywhere."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def reason_of(code: str, message: str, *, personal: bool) -> str:
    """Return a reason without what a receiver may have repeated of its rows."""
    return code if personal or code in HIDDEN_CODES else message
