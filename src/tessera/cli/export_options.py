"""Options of `tessera export`, read as they are typed, and what they make of a definition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import exports
from tessera.exports import FirstRun, RunQueue

if TYPE_CHECKING:
    from tessera.exports import Changes, Gates, Selection, Thresholds

PERCENT = "_percent"
# A value that begins like this is JSON; every other one is the text itself, which each setting reads in its own way.
JSON_STARTS = ("{", "[", '"')
WORDS = {"null": None, "true": True, "false": False}


class PeriodChoice(StrEnum):
    """The reporting period of an export, or none."""

    SINCE_LAST_SUCCESS = "since_last_success"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    NONE = "none"


Name = Annotated[str, typer.Argument(help="Internal name of the export, as `tessera export list` shows it.")]
InternalName = Annotated[str | None, typer.Option("--name", help="Internal name; made from the label without it.")]
Template = Annotated[str | None, typer.Option(help="Internal name of the template that shapes the requests.")]
Profile = Annotated[
    str | None, typer.Option(help="Internal name of the connection profile, where no template leads to one.")
]
Description = Annotated[str | None, typer.Option(help="What the export is for.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--setting",
        metavar="KEY=VALUE",
        help="A setting of the destination, such as concurrency=8; a value may be JSON, an empty one takes the default;"
        " several times.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="NAME=VALUE",
        help="Value of a parameter of the query, empty for its default; several times.",
    ),
]
PeriodOption = Annotated[
    PeriodChoice | None, typer.Option("--period", help="What :from and :to of the query are in a run.")
]
ChangesOnly = Annotated[
    bool | None, typer.Option("--changes-only/--all-rows", help="Send only rows that were added or changed.")
]
First = Annotated[
    FirstRun | None, typer.Option("--first-run", help="Of changes only: send what is there already, or only note it.")
]
Removals = Annotated[
    bool | None,
    typer.Option("--send-removals/--leave-removals", help="Of changes only: send the keys of rows that are gone, too."),
]
GateLevels = Annotated[
    list[str] | None,
    typer.Option(
        "--gate", metavar="GATE=LEVEL", help="rows, removals, keys or empty = off, warn, hold or fail; several times."
    ),
]
GatePercents = Annotated[
    list[str] | None,
    typer.Option("--gate-percent", metavar="GATE=PERCENT", help="How far rows or removals may be off; several times."),
]
ThresholdLimits = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        metavar="NAME=NUMBER",
        help="Worth a notice: refused_percent, seconds, least_rows or most_rows; empty for no bound; several times.",
    ),
]
QueueOption = Annotated[RunQueue | None, typer.Option("--queue", help="Which runs workers take first.")]
Shards = Annotated[int | None, typer.Option(help="Into so many parts a run is divided.", min=1, max=32)]
OwnerOption = Annotated[
    str | None,
    typer.Option(
        "--owner",
        help="With whose rights it runs: address of a user, or id of an API key; needed where the query reads members.",
    ),
]


def read_pairs(given: Sequence[str] | None, option: str, example: str) -> dict[str, str]:
    """Return names and values of an option that was given several times."""
    pairs = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE. Write, for instance, {example}.", param_hint=option)
        pairs[name.strip()] = value
    return pairs


def read_settings(given: Sequence[str] | None) -> dict[str, Any]:
    """Return settings; an empty value is null, which takes the default."""
    pairs = read_pairs(given, "--setting", "--setting concurrency=8")
    return {name: read_value(name, value) for name, value in pairs.items()}


def read_value(name: str, text: str) -> Any:
    """Return the value that was typed."""
    import msgspec

    if not text:
        return None
    if text in WORDS:
        return WORDS[text]
    if not text.startswith(JSON_STARTS):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise typer.BadParameter(
            f"The value of {name} begins like JSON and is none: {error}.", param_hint="--setting"
        ) from None


def read_gates(levels: Sequence[str] | None, percents: Sequence[str] | None, stored: Gates) -> Gates:
    """Return the stored gates with those that were given."""
    known = {field.name for field in fields(stored)}
    changed: dict[str, Any] = {}
    for name, level in read_pairs(levels, "--gate", "--gate rows=hold").items():
        if name not in known or name.endswith(PERCENT) or level not in list(exports.GateLevel):
            names = ", ".join(field.name for field in fields(stored) if not field.name.endswith(PERCENT))
            raise typer.BadParameter(
                f"{name}={level} is no gate with a level. Gates are {names}; levels are"
                f" {', '.join(exports.GateLevel)}.",
                param_hint="--gate",
            )
        changed[name] = exports.GateLevel(level)
    for name, percent in read_pairs(percents, "--gate-percent", "--gate-percent rows=50").items():
        if f"{name}{PERCENT}" not in known or not (percent.isascii() and percent.isdigit() and len(percent) <= 4):
            raise typer.BadParameter(
                f"{name}={percent} is no gate with a percentage. Write rows=50 or removals=10.",
                param_hint="--gate-percent",
            )
        changed[f"{name}{PERCENT}"] = int(percent)
    return replace(stored, **changed)


def read_thresholds(given: Sequence[str] | None, stored: Thresholds) -> Thresholds:
    """Return the stored thresholds with those that were given."""
    known = [field.name for field in fields(stored)]
    changed: dict[str, int | None] = {}
    for name, text in read_pairs(given, "--threshold", "--threshold refused_percent=5").items():
        if name not in known or (text and not (text.isascii() and text.isdigit() and len(text) < 10)):
            raise typer.BadParameter(
                f"{name}={text} is no threshold with a number. Thresholds are {', '.join(known)}.",
                param_hint="--threshold",
            )
        changed[name] = int(text) if text else None
    return replace(stored, **changed)


def read_selection(
    stored: Selection,
    parameters: Sequence[str] | None,
    period: PeriodChoice | None,
    *,
    changes_only: bool | None,
    first_run: FirstRun | None,
    removals: bool | None,
) -> Selection:
    """Return the stored selection with what was given; parameters that are not named stay."""
    values: Mapping[str, Any] = {**stored.parameters, **read_pairs(parameters, "--parameter", "--parameter least=100")}
    chosen = stored.period
    if period is not None:
        chosen = None if period is PeriodChoice.NONE else exports.Period(period)
    changes = read_changes(stored.changes, changes_only=changes_only, first_run=first_run, removals=removals)
    return replace(
        stored,
        parameters={name: value for name, value in values.items() if value != ""},
        period=chosen,
        changes=changes,
    )


def read_changes(
    stored: Changes | None, *, changes_only: bool | None, first_run: FirstRun | None, removals: bool | None
) -> Changes | None:
    """Return what is sent of changes; None sends all rows."""
    if changes_only is False or (changes_only is None and stored is None):
        if first_run is not None or removals is not None:
            raise typer.BadParameter("--first-run and --send-removals go with --changes-only. Add it.")
        return None
    changes = stored or exports.Changes()
    return replace(
        changes,
        first_run=changes.first_run if first_run is None else first_run,
        removals=changes.removals if removals is None else removals,
    )
