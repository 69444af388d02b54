"""Groups of commands, from an empty deployment to an export that is ready to run."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.builders.commands import clean_environment
from typer.testing import Result

Tessera = Callable[..., Result]

SELECT = "SELECT membership_id, balance FROM members WHERE balance > 100"


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture
def furnished(tessera: Tessera, tmp_path: Path) -> Tessera:
    """A chain with a query, a profile, a template and an export."""
    (tmp_path / "body.json").write_text('{"id": "{{ membership_id }}", "points": "{{ balance }}"}')
    (tmp_path / "token").write_text("a-token-for-tests\n")
    token = f"token={tmp_path / 'token'}"
    for arguments in (
        ["chain", "create", "Harbour Hotels"],
        ["query", "create", "Rich members", "--text", SELECT, "--key", "membership_id"],
        ["profile", "create", "CRM", "--variant", "bearer", "--set", "base_url=https://crm.example", "--secret", token],
        [
            "template",
            "create",
            "Members",
            "--query",
            "rich_members",
            "--profile",
            "crm",
            "--body",
            tmp_path / "body.json",
        ],
        ["user", "create", "ada@example.com", "--permission", "members:read"],
        [
            "export",
            "create",
            "Rich members to CRM",
            "--query",
            "rich_members",
            "--template",
            "members",
            "--owner",
            "ada@example.com",
        ],
    ):
        result = tessera(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
    return tessera


def test_lists_of_an_empty_deployment_say_what_to_do(tessera: Tessera) -> None:
    for group, advice in (
        ("chain", "tessera chain create"),
        ("user", "tessera user create"),
        ("run", "tessera export run"),
    ):
        result = tessera(group, "list")
        assert result.exit_code == 0
        assert advice in result.stdout
        assert read(tessera(group, "list", "--json")) == []


def test_export_is_made_from_the_command_line(furnished: Tessera) -> None:
    (definition,) = read(furnished("export", "list", "--json"))

    assert definition["internal_name"] == "rich_members_to_crm"
    assert definition["query_label"] == "Rich members"
    assert "Rich members to CRM" in furnished("export", "list").stdout
    assert read(furnished("export", "show", "rich_members_to_crm", "--json"))["id"] == definition["id"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "create", "Everyone", "--file", "{}"],
        ["profile", "create", "CRM", "--variant", "bearer", "--secret", "token={}"],
        ["template", "create", "Members", "--query", "q", "--profile", "p", "--body", "{}"],
        ["encryption-key", "create", "Login", "--file", "{}"],
        ["user", "create", "ada@example.com", "--role", "admin", "--password-file", "{}"],
        ["plan", "{}"],
    ],
)
def test_a_file_that_cannot_be_read_is_named(tessera: Tessera, tmp_path: Path, arguments: list[str]) -> None:
    missing, binary = tmp_path / "missing.txt", tmp_path / "binary.txt"
    binary.write_bytes(b"\xff\x00")
    for path, reason in ((missing, "No such file or directory"), (binary, "it is not UTF-8 text")):
        refused = tessera(*(argument.format(path) for argument in arguments))
        assert f"{path} cannot be read: {reason}." in str(refused.exception)


def test_secret_is_never_shown(furnished: Tessera) -> None:
    shown = furnished("profile", "show", "crm").stdout + furnished("profile", "show", "crm", "--json").stdout

    assert "a-token-for-tests" not in shown
    assert "***" in shown
    assert "https://crm.example" in furnished("profile", "update", "crm", "--label", "CRM").stdout


def test_profile_is_tried_step_by_step(furnished: Tessera, tessera: Tessera) -> None:
    furnished("profile", "create", "Nowhere", "--set", "base_url=https://localhost")
    tried = furnished("profile", "test", "nowhere")

    assert tried.exit_code == 1
    assert re.search(r"^ ?Address +no +Calls to localhost are refused", tried.stdout, re.MULTILINE)
    assert re.search(r"^ ?Answer +– +Not tried", tried.stdout, re.MULTILINE)
    assert json.loads(tessera("profile", "test", "nowhere", "--json").stdout)[0]["passed"] is False
    assert "no option 'fly'" in str(furnished("profile", "test", "nowhere", "--option", "fly").exception)


def test_query_is_changed_previewed_and_counted(furnished: Tessera) -> None:
    changed = read(furnished("query", "update", "rich_members", "--text", f"{SELECT} AND balance < 200", "--json"))

    assert changed["version"] == 2
    assert changed["key_columns"] == ["membership_id"]
    assert read(furnished("query", "count", "rich_members", "--json")) == {"count": 0}
    assert read(furnished("query", "preview", "rich_members", "--json")) == []


def test_rows_are_shown_as_json_shows_them(furnished: Tessera) -> None:
    select = (
        "SELECT true AS yes, 12345678 AS number, 0.00000001 AS tiny, 0.12345678901234567890 AS digits, "
        "jsonb_build_object('d', 1.50) AS j, ARRAY[1, NULL] AS list, NULL::text AS nul, 'O''Neil' AS name"
    )
    assert furnished("query", "create", "Values", "--text", select).exit_code == 0
    shown = furnished("query", "preview", "values").stdout.strip().splitlines()[-1]
    expected = ["true", "12345678", "0.00000001", "0.12345678901234567890", '{"d":1.50}', "[1,null]", "null", "O'Neil"]
    assert re.split(r"  +", shown.strip()) == expected
    machine = furnished("query", "preview", "values", "--json").stdout
    for digits in ('"tiny": 0.00000001', '"digits": 0.12345678901234567890', '"d": 1.50', '"yes": true'):
        assert digits in machine


def test_query_declares_parameters_and_shows_its_text_flush(furnished: Tessera) -> None:
    text = "\n  SELECT membership_id\n    FROM members WHERE balance > :least AND :on"
    declared = ("--parameter", "least:int=100", "--parameter", "on:bool")
    made = furnished("query", "create", "Several", "--text", text, *declared)

    assert made.exit_code == 0, made.output
    assert re.search(r"^Parameters +least:int=100, on:bool$", made.stdout, re.MULTILINE)
    assert re.search(r"^Text +SELECT membership_id\n +FROM", made.stdout, re.MULTILINE)
    assert read(furnished("query", "count", "several", "--json")) == {"count": 0}
    changed = read(
        furnished("query", "update", "several", "--parameter", "least:int=5", "--parameter", "on:bool=true", "--json")
    )
    assert [each["default"] for each in changed["parameters"]] == ["5", "true"]
    refused = furnished("query", "create", "Other", "--text", SELECT, "--parameter", "least:number")
    assert refused.exit_code == 2
    assert "NAME:TYPE" in refused.stderr


def test_answers_come_without_log_lines_and_blanks(furnished: Tessera) -> None:
    for arguments in (("query", "count", "rich_members"), ("query", "preview", "rich_members"), ("profile", "list")):
        answered = furnished(*arguments)
        assert answered.stderr == ""
        assert all(line == line.rstrip() for line in answered.stdout.splitlines())


def test_empty_id_is_told(tessera: Tessera) -> None:
    assert "The id is empty" in str(tessera("run", "show", " ").exception)


def test_template_change_keeps_the_rest(furnished: Tessera) -> None:
    changed = read(furnished("template", "update", "members", "--rows", "50", "--path", "/v2/members", "--json"))

    assert changed["shape"]["batch_size"] == 50
    assert changed["shape"]["url_path"] == "/v2/members"
    assert "membership_id" in changed["shape"]["body"]


def test_run_waits_in_the_list_and_is_cancelled(furnished: Tessera) -> None:
    run = read(furnished("export", "run", "rich_members_to_crm", "--detach", "--json"))

    assert read(furnished("run", "list", "--export", "rich_members_to_crm", "--json"))[0]["id"] == run["id"]
    assert read(furnished("run", "show", run["id"], "--json"))["state"] == "pending"
    assert read(furnished("run", "requests", run["id"], "--json")) == []
    assert read(furnished("run", "errors", run["id"], "--json")) == []
    assert read(furnished("run", "cancel", run["id"], "--json"))["cancel_requested"]


def test_tokens_are_shown_once(tessera: Tessera) -> None:
    read(tessera("chain", "create", "Harbour Hotels", "--json"))
    enterprise = read(tessera("chain", "add-enterprise", "Harbour House", "--json"))
    client = read(tessera("token", "create-client", "CRM", "--json"))
    access = read(
        tessera("token", "create-access", "CRM", "--client", client["id"], "--enterprise", enterprise["id"], "--json")
    )

    listed = tessera("token", "list").stdout
    assert client["id"] in listed
    assert client["token"] not in listed
    assert access["token"] not in listed
    assert tessera("token", "disable", access["id"]).exit_code == 0
    assert tessera("token", "revoke", client["id"]).exit_code == 0


def test_user_gets_a_password_once(tessera: Tessera) -> None:
    made = read(tessera("user", "create", "ada@example.com", "--permission", "exports:read", "--json"))

    assert len(made["password"]) >= 12
    assert "ada@example.com" in tessera("user", "list").stdout
    assert "New password: " in tessera("user", "password", "ada@example.com").stdout
    given = tessera("user", "password", "ada@example.com", "--password-file", "-", input="a sentence to sign in with")
    assert given.stdout == "The password was changed.\n"


def test_an_empty_password_is_refused_and_none_drawn_in_its_place(tessera: Tessera) -> None:
    assert tessera("user", "create", "ada@example.com", "--role", "admin").exit_code == 0

    for arguments in (("create", "bob@example.com", "--role", "admin"), ("password", "ada@example.com")):
        refused = tessera("user", *arguments, "--password-file", "-", input="\n")
        assert "password" in str(refused.exception)


def test_rotation_keeps_secrets_readable(furnished: Tessera) -> None:
    rotated = furnished("secrets", "rotate")
    resealed = furnished("secrets", "reseal")

    assert "holds 2" in rotated.stdout
    assert resealed.stdout == "Sealed the secrets of 1 connection profile again.\n"
    assert furnished("profile", "update", "crm", "--label", "New CRM").exit_code == 0


def test_several_chains_need_a_choice(tessera: Tessera) -> None:
    for name in ("Harbour Hotels", "Lake Hotels"):
        read(tessera("chain", "create", name, "--json"))

    assert read(tessera("query", "list", "--chain", "lake hotels", "--json")) == []
    result = tessera("query", "list")
    assert result.exit_code != 0
    assert "--chain: Harbour Hotels, Lake Hotels" in str(result.exception)


def test_help_loads_no_room() -> None:
    code = "import sys; from tessera.cli.root import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    environment = clean_environment()
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert "Work with the data" in done.stdout
    assert not {"sqlalchemy", "psycopg", "litestar", "sqlglot", "tessera.loyalty"} & set(done.stdout.split())


def test_worker_loads_no_web_framework() -> None:
    code = "import sys, tessera.worker; print(*sys.modules)"
    environment = clean_environment()
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not {"litestar", "granian", "typer", "alembic"} & loaded


def test_export_and_query_are_changed_and_deleted(furnished: Tessera) -> None:
    read(furnished("query", "create", "Others", "--text", SELECT, "--key", "membership_id", "--json"))
    name = "rich_members_to_crm"

    settings = ("--setting", "rows_per_request=7")

    changed = read(furnished("export", "update", name, "--query", "others", *settings, "--disable", "--json"))

    assert (changed["query_label"], changed["enabled"]) == ("Others", False)
    assert changed["settings"] == {"rows_per_request": 7, "concurrency": None}
    assert read(furnished("export", "update", name, "--label", "Out", "--json"))["settings"]["rows_per_request"] == 7
    assert "Out" in str(furnished("query", "delete", "others").exception)
    assert furnished("export", "delete", name).stdout == "Deleted Out.\n"
    assert furnished("query", "delete", "others").stdout == "Deleted Others.\n"
    assert read(furnished("export", "list", "--json")) == []
    assert [query["internal_name"] for query in read(furnished("query", "list", "--json"))] == ["rich_members"]


def test_flags_are_shown_without_a_value(tessera: Tessera) -> None:
    for arguments in (["--help"], ["export", "run", "--help"], ["token", "create-access", "--help"]):
        assert "<bool>" not in tessera(*arguments).stdout
    assert "<str>" in tessera("export", "run", "--help").stdout
