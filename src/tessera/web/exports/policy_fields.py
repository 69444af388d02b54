"""The fields of policies and thresholds, times in minutes. Pure."""

from dataclasses import replace

from tessera.exports.timing import Thresholds
from tessera.platform.calendar import ScheduleInvalidError
from tessera.platform.schedules import Overlap, Policies, check_policies
from tessera.web.forms import FURTHEST, Form

OVERLAPS = {
    Overlap.SKIP: "Skip the moment",
    Overlap.AFTER: "Run once more when it has ended",
}
LABELS = {
    "overlap": "While a run is active",
    "catch_up_minutes": "Catch up with what was missed, up to minutes ago",
    "catch_up_number": "How many to catch up with",
    "pause_after": "Pause after failures in a row",
    "started_minutes": "Started within minutes",
    "finished_minutes": "Finished within minutes",
    "refused_percent": "Refused rows, percent",
    "run_minutes": "Longer than, minutes",
    "least_rows": "Fewer rows than",
    "most_rows": "More rows than",
}
MINUTES = {
    "catch_up_minutes": "catch_up_seconds",
    "started_minutes": "started_within_seconds",
    "finished_minutes": "finished_within_seconds",
}
FIELDS = {seconds: minutes for minutes, seconds in MINUTES.items()}
MONTH = 31 * 24 * 60


def values_of(policies: Policies, thresholds: Thresholds) -> dict[str, str]:
    """Return what is in the fields."""
    values = {
        "overlap": policies.overlap.value,
        "catch_up_number": policies.catch_up_number,
        "pause_after": policies.pause_after,
        **{name: minutes_of(getattr(policies, seconds)) for name, seconds in MINUTES.items()},
        "refused_percent": thresholds.refused_percent,
        "run_minutes": minutes_of(thresholds.seconds),
        "least_rows": thresholds.least_rows,
        "most_rows": thresholds.most_rows,
    }
    return {name: "" if value is None else str(value) for name, value in values.items()}


def read_policies(form: Form, before: Policies) -> Policies:
    """Return the policies that were typed; what does not fit is noted at its field."""
    overlap = form.choice("overlap", list(Overlap))
    catch_up = read_minutes(form, "catch_up_minutes", before.catch_up_seconds)
    number = form.whole("catch_up_number", least=0, most=100)
    typed = replace(
        before,
        overlap=Overlap(overlap) if overlap else before.overlap,
        catch_up_seconds=before.catch_up_seconds if catch_up is None else catch_up,
        catch_up_number=before.catch_up_number if number is None else number,
        pause_after=form.whole("pause_after", least=1, most=1000),
        started_within_seconds=read_minutes(form, "started_minutes", before.started_within_seconds, least=1),
        finished_within_seconds=read_minutes(form, "finished_minutes", before.finished_within_seconds, least=1),
    )
    try:
        check_policies(typed)
    except ScheduleInvalidError as error:
        form.fault(
            FIELDS.get(str(error.details.get("member")), "overlap"), "Give a run more time to finish than to start."
        )
    return typed


def read_thresholds(form: Form, before: Thresholds) -> Thresholds:
    """Return the thresholds that were typed; an empty one is no bound."""
    least, most = (form.whole(name, least=0) for name in ("least_rows", "most_rows"))
    if least is not None and most is not None and most < least:
        form.fault("most_rows", f"Enter at least {least:,}, the least number of rows.")
    return Thresholds(
        refused_percent=form.whole("refused_percent", least=0, most=100),
        seconds=read_minutes(form, "run_minutes", before.seconds, least=1),
        least_rows=least,
        most_rows=most,
    )


def read_minutes(form: Form, name: str, before: int | None, *, least: int = 0) -> int | None:
    """Return a field's minutes in seconds; one that shows what was stored leaves it to the second."""
    minutes = form.whole(name, least=least, most=MONTH if name in MINUTES else FURTHEST // 60)
    return before if minutes == minutes_of(before) else None if minutes is None else 60 * minutes


def minutes_of(seconds: int | None) -> int | None:
    """Return seconds as whole minutes, a part of one as a whole."""
    return None if seconds is None else -(-seconds // 60)
