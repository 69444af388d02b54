"""Exports from the command line: every part of a definition, a preview, runs that are held, and rows that fail."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.builders.commands import keep_running
from typer.testing import Result

Tessera = Callable[..., Result]
ROWS = (
    "SELECT * FROM (VALUES (1, 'a', ''), (2, NULL, 'b'), (3, NULL, 'c, d')) AS t (id, place, note) WHERE id >= :least"
)
NOTHING = "SELECT 1 AS id, 'a' AS place, 'b' AS note WHERE 1 = 2"


def read(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def good(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


@pytest.fixture
def places(tessera: Tessera, tmp_path: Path) -> Tessera:
    """A chain with a query that reads no member, and an export of it; one row has no place."""
    (tmp_path / "body.json").write_text('{"id": "{{ id }}"}')
    template = ("template", "create", "Places", "--query", "places", "--profile", "crm")
    for arguments in (
        ["chain", "create", "Harbour Hotels"],
        ["query", "create", "Places", "--text", ROWS, "--key", "id", "--parameter", "least:int=0"],
        ["query", "create", "Nothing", "--text", NOTHING, "--key", "id"],
        ["profile", "create", "CRM", "--set", "base_url=https://crm.invalid"],
        [*template, "--method", "PUT", "--path", "places/{{ place }}", "--body", tmp_path / "body.json"],
        ["export", "create", "Places", "--query", "places", "--template", "places"],
    ):
        good(tessera(*arguments))
    return tessera


@pytest.fixture
def worker(places: Tessera, deployment: dict[str, str], tmp_path: Path) -> Iterator[Tessera]:
    """The same with a worker that takes runs."""
    with keep_running("worker", log=tmp_path / "worker.log", **deployment):
        yield places


def test_every_part_of_an_export_is_given_and_shown(places: Tessera) -> None:
    owner = read(places("api-key", "create", "Night", "--permission", "members:read", "--json"))
    made = read(
        places(
            "export", "create", "Night", "--query", "places", "--template", "places", "--description", "For the night",
            "--setting", "rows_per_request=1", "--setting", "concurrency=2", "--parameter", "least=2",
            "--period", "week", "--changes-only", "--first-run", "baseline", "--send-removals",
            "--gate", "rows=warn", "--gate-percent", "rows=20", "--gate", "empty=fail",
            "--queue", "low", "--shards", "3", "--owner", owner["id"], "--json",
        )
    )  # fmt: skip
    shown = good(places("export", "show", "night"))

    assert made["settings"] == {"rows_per_request": 1, "concurrency": 2}
    assert made["selection"]["changes"] == {"first_run": "baseline", "removals": True, "most_refusals": 3}
    assert (made["gates"]["rows"], made["gates"]["rows_percent"], made["gates"]["keys"]) == ("warn", 20, "fail")
    assert (made["queue"], made["shards"], made["owner"]["name"]) == ("low", 3, "Night")
    for line in ("Settings +concurrency=2, rows_per_request=1", "Parameters +least=2", "Owner +Night"):
        assert re.search(f"^{line}", shown, re.MULTILINE), line
    assert "rows warn (20 %), removals hold (10 %), keys fail, empty fail" in shown
    assert "added and changed ones, and those that are gone; first run: baseline" in shown


def test_what_an_update_leaves_out_stays(places: Tessera) -> None:
    first = ("--setting", "concurrency=2", "--parameter", "least=2", "--gate", "keys=warn", "--changes-only")
    read(places("export", "update", "places", *first, "--json"))
    second = ("--setting", "rows_per_request=1", "--gate-percent", "removals=5", "--send-removals")
    changed = read(places("export", "update", "places", *second, "--json"))
    emptied = ("--setting", "concurrency=", "--parameter", "least=", "--all-rows", "--period", "none")
    last = read(places("export", "update", "places", *emptied, "--json"))

    assert changed["settings"] == {"rows_per_request": 1, "concurrency": 2}
    assert (changed["gates"]["keys"], changed["gates"]["removals_percent"]) == ("warn", 5)
    assert (changed["selection"]["parameters"], changed["selection"]["changes"]["removals"]) == ({"least": "2"}, True)
    assert last["settings"] == {"rows_per_request": 1, "concurrency": None}
    assert last["selection"] == {"parameters": {}, "period": None, "changes": None, "filter": None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--gate", "rows=shout"), "Gates are rows, removals, keys, empty; levels are off, warn, hold, fail."),
        (("--gate", "rows"), "is not NAME=VALUE"),
        (("--gate-percent", "keys=5"), "Write rows=50 or removals=10."),
        (("--setting", "concurrency={"), "begins like JSON and is none"),
        (("--setting", "speed=5"), "There is no such setting here. There are: rows_per_request, concurrency."),
        (("--parameter", "most=5"), "has no parameter most. It has: least."),
        (("--first-run", "send"), "go with --changes-only"),
        (("--owner", "nobody@example.com"), "There is no user nobody@example.com."),
        (("--profile", "none"), "There is no connection profile none"),
    ],
)
def test_unfit_part_is_refused_in_words(places: Tessera, arguments: tuple[str, ...], message: str) -> None:
    refused = places("export", "update", "places", *arguments)

    assert refused.exit_code != 0
    assert message in " ".join(f"{refused.stderr} {refused.exception}".replace("│", " ").split())


def test_preview_shows_the_first_request_and_sends_nothing(places: Tessera) -> None:
    shown = good(places("export", "preview", "places"))
    machine = read(places("export", "preview", "places", "--json"))

    assert shown.startswith("3 rows selected now.\n\nThis would leave first, with 1 row in 8 bytes:\n\n")
    assert "\nPUT https://crm.invalid/places/a\n" in shown
    assert '\n{"id":1}\n' in shown
    assert "these would not leave:\nrow 2, value_null: URL Path: a value is null" in shown
    assert (machine["rows"], machine["first"]["rows"]) == (3, 1)
    assert read(places("run", "list", "--json")) == []


def test_list_says_how_the_last_run_went(places: Tessera) -> None:
    good(places("export", "copy", "places"))
    run = read(places("export", "run", "places", "--detach", "--json"))
    listed = {each["internal_name"]: each["last_run"] for each in read(places("export", "list", "--json"))}

    assert listed["places"]["id"] == run["id"]
    assert listed["places_1"] is None
    assert [line for line in good(places("export", "list")).splitlines() if "pending" in line]


def test_run_is_for_a_period(places: Tessera) -> None:
    run = read(places("export", "run", "places", "--from", "2031-01-01", "--to", "2031-02-01", "--detach", "--json"))
    assert run["period_from"].startswith(("2031-01-01", "2030-12-31"))
    assert places("export", "run", "places", "--from", "noon").exit_code != 0


def test_held_run_says_why_and_is_released_or_dropped(worker: Tessera) -> None:
    tessera = worker
    good(tessera("export", "update", "places", "--query", "nothing", "--gate", "empty=hold"))
    held = tessera("export", "run", "places")
    run = read(tessera("run", "list", "--state", "held", "--json"))[0]["id"]

    assert held.exit_code == 4
    assert held.stdout == (
        "Places: held. 0 selected, nothing sent.\nThe query selected no row.\n"
        f"Send it anyway: tessera run release {run}\nDrop it:        tessera run cancel {run}\n"
    )
    assert tessera("export", "watch", "places").exit_code == 4
    released = tessera("export", "release", "places")
    assert (released.exit_code, released.stdout.splitlines()[0]) == (
        0,
        "Places: completed. 0 selected, 0 sent, 0 unchanged, 0 failed, 0 skipped.",
    )
    assert "is not held, so there is nothing to release" in str(tessera("run", "release", run).exception)
    assert tessera("export", "run", "places").exit_code == 4
    second = read(tessera("run", "list", "--state", "held", "--json"))[0]["id"]
    assert "cancelled" in good(tessera("run", "cancel", second))


def test_rows_that_fail_are_counted_by_reason_and_written_to_a_file(worker: Tessera, tmp_path: Path) -> None:
    good(worker("export", "update", "places", "--parameter", "least=2"))
    ended = worker("export", "run", "places")
    run = read(worker("run", "list", "--json"))[0]["id"]
    reasons = {each["code"]: each for each in read(worker("run", "errors", run, "--reasons", "--json"))}
    written = good(worker("run", "errors", run, "--csv", tmp_path / "errors.csv"))
    lines = list(csv.DictReader((tmp_path / "errors.csv").read_text().splitlines()))

    assert ended.exit_code == 1
    assert f"Why: tessera run errors {run}" in ended.stdout
    assert reasons["value_null"]["rows"] == 2
    assert written == f"Wrote every row error to {tmp_path / 'errors.csv'}.\n"
    assert [(line["row"], line["id"], line["note"]) for line in lines] == [("1", "2", "b"), ("2", "3", "c, d")]
    assert lines[0]["code"] == "value_null"
    assert good(worker("run", "errors", run, "--csv", "-")).splitlines()[0] == "row,phase,code,message,id,place,note"


def test_schedule_is_given_shown_and_taken_away(places: Tessera) -> None:
    assert good(places("export", "schedule", "places")) == "Places runs on demand only.\n"
    made = good(
        places(
            "export", "schedule", "places", "--cron", "30 6 31 * *", "--zone", "Europe/Berlin", "--to", "2090-12-31",
            "--overlap", "after", "--catch-up", "60", "--pause-after", "3", "--except", "2090-01-31",
        )
    )  # fmt: skip
    changed = read(places("export", "schedule", "places", "--to", "none", "--pause-after", "0", "--json"))
    listed = read(places("export", "list", "--json"))[0]["schedule"]
    off = good(places("export", "schedule", "places", "--disable"))

    assert re.search(r"^Schedule +On day 31 of every month at 06:30 \(Europe/Berlin\), until 31 December 2090", made)
    assert "Nothing runs on day 31 in February" in made
    assert (changed["schedule"]["cron"], changed["schedule"]["to_date"]) == ("30 6 31 * *", None)
    assert (changed["policies"]["overlap"], changed["policies"]["pause_after"]) == ("after", None)
    assert (listed["next_at"], len(changed["next"])) == (changed["next_at"], 5)
    assert re.search("^State +disabled$", off, re.MULTILINE)
    assert re.search("^Next +disabled$", good(places("export", "show", "places")), re.MULTILINE)
    assert good(places("export", "schedule", "places", "--clear")) == "Places runs on demand only.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cron", "61 * * * *"), "61"),
        (("--once", "2020-01-01T10:00"), "is past"),
        (("--once", "tomorrow"), "Write 2027-01-31T18:00."),
        (("--from", "soon", "--cron", "0 6 * * *"), "Write 2027-01-31, or none"),
        (("--clear", "--cron", "0 6 * * *"), "Leave the other options out."),
        (("--cron", "0 6 * * *", "--zone", "Mars"), "Mars"),
    ],
)
def test_unfit_schedule_is_refused_in_words(places: Tessera, arguments: tuple[str, ...], message: str) -> None:
    refused = places("export", "schedule", "places", *arguments)

    assert refused.exit_code != 0
    assert message in " ".join(f"{refused.stderr} {refused.exception}".replace("│", " ").split())


def test_addresses_are_notified_and_secrets_shown_once(places: Tessera, tmp_path: Path) -> None:
    targets = [{"channel": "webhook", "lists": ["error"], "settings": {"url": "https://hooks.example.com/x"}}]
    (tmp_path / "targets.json").write_text(json.dumps(targets))
    first = good(places("export", "notify", "places", "--error", "ada@example.com", "--error", "bo@example.com"))
    second = good(places("export", "notify", "places", "--success", "ada@example.com", "--targets",
                         tmp_path / "targets.json"))  # fmt: skip
    third = good(places("export", "notify", "places", "--success", "none"))
    shown = places("export", "show", "places", "--json")

    assert re.search("^Error +ada@example.com, bo@example.com$", first, re.MULTILINE)
    assert "shown this once: whsec_" in second
    assert "whsec_" not in third
    assert re.search("^Success +–$", third, re.MULTILINE)
    assert read(shown)["notices"]["targets"][0]["secrets"] == {"secret": True}


def test_members_are_chosen_by_rules(places: Tessera, tmp_path: Path) -> None:
    (tmp_path / "number.json").write_text('{"number": "{{ membership_number }}"}')
    owner = read(places("api-key", "create", "Night", "--permission", "members:read", "--json"))["id"]
    numbers = ("--text", "SELECT membership_number FROM members")
    good(places("query", "create", "Numbers", *numbers))
    shape = ("--method", "POST", "--path", "members", "--body", tmp_path / "number.json")
    good(places("template", "create", "Numbers", "--query", "numbers", "--profile", "crm", *shape))
    rules = ("--where", "balance>=100", "--where", "tier_code in GOLD,SILVER", "--where", "city is empty")
    good(places("export", "create", "Rich", *rules, "--match", "any", "--template", "numbers", "--owner", owner))
    shown = good(places("export", "show", "rich"))
    machine = read(places("export", "show", "rich", "--json"))["selection"]["filter"]
    back = read(places("export", "update", "rich", "--query", "numbers", "--threshold", "least_rows=5", "--json"))

    assert "balance>=100 or tier_code in GOLD,SILVER or city is empty" in shown
    assert machine["rules"][0] == {"column": "balance", "operator": "at_least", "values": [100]}
    assert (back["selection"]["filter"], back["query_label"]) == (None, "Numbers")
    assert back["thresholds"]["least_rows"] == 5
    odd = places("export", "update", "rich", "--where", "shoe>40")
    assert "Members have no column 'shoe'" in str(odd.exception)


def test_failed_rows_are_sent_again(worker: Tessera) -> None:
    worker("export", "run", "places", "--full-refresh")
    first = read(worker("run", "list", "--json"))[0]
    again = worker("run", "resend", first["id"], "--code", "value_null", "--row", "2")
    second = read(worker("run", "list", "--json"))[0]

    assert (first["full_refresh"], first["failed"]) == (True, 3)
    assert again.exit_code == 1
    assert (second["trigger"], second["parent_id"], second["selected"]) == ("resend", first["id"], 1)


def test_parked_rows_are_listed_and_tried_again(worker: Tessera) -> None:
    good(worker("export", "update", "places", "--changes-only", "--gate", "keys=off"))
    for _ in range(3):
        worker("export", "run", "places")
    table = good(worker("export", "parked", "places"))
    parked = read(worker("export", "parked", "places", "--json"))
    one = worker("export", "retry-parked", "places", "--key", parked[0]["key"])

    assert re.search(r"^ *2 +3 .*value_null", table, re.MULTILINE)
    assert {row["values"] for row in parked} >= {"2", "3"}
    assert one.stdout == "The next run sends 1 row again.\n"
    assert len(read(worker("export", "parked", "places", "--json"))) == len(parked) - 1
