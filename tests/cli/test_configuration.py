"""`tessera plan`, `tessera apply`, `tessera export-config`, as somebody types them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Tessera = Callable[..., Result]
FILE = """
queries:
  guests:
    label: Guests
    text: SELECT membership_number AS number FROM members
profiles:
  crm:
    label: CRM
    type: http_api
    variant: bearer
    settings: {base_url: "https://crm.example.com/api"}
    secrets: {token: {env: CRM_TOKEN}}
templates:
  guests:
    label: Guests
    query: guests
    profile: crm
    request: {method: POST, body: {number: "{{ number }}"}}
"""


@pytest.fixture
def chain(tessera: Tessera, monkeypatch: pytest.MonkeyPatch) -> Tessera:
    monkeypatch.setenv("CRM_TOKEN", "a-token-from-outside")
    assert tessera("chain", "create", "Harbour Hotels").exit_code == 0
    return tessera


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "crm.yaml"
    path.write_text(FILE)
    return path


def test_plan_apply_and_write_down(chain: Tessera, file: Path, tmp_path: Path) -> None:
    planned = chain("plan", file, "--check")
    assert planned.exit_code == 1
    assert "+ profile crm" in planned.stdout
    assert "3 to create, 0 to change, 0 to delete; 0 as described already." in planned.stdout
    assert chain("query", "show", "guests").exit_code != 0, "a plan keeps nothing"

    applied = chain("apply", file, "--yes")
    assert applied.exit_code == 0, applied.output
    assert "3 created, 0 changed, 0 deleted" in applied.stdout
    assert chain("plan", file, "--check").exit_code == 0

    assert chain("export-config", "-o", tmp_path / "all.yaml").exit_code == 0
    written = (tmp_path / "all.yaml").read_text()
    assert "a-token-from-outside" not in written
    assert json.loads(chain("plan", tmp_path / "all.yaml", "--json").stdout)["empty"] is True


def test_change_is_shown_value_by_value(chain: Tessera, file: Path) -> None:
    chain("apply", file, "--yes")
    file.write_text(FILE.replace("method: POST", "method: PUT"))
    planned = chain("plan", file)
    assert "~ template guests" in planned.stdout
    assert "request.method: POST → PUT" in planned.stdout


def test_change_of_a_long_text_is_a_line_diff(chain: Tessera, file: Path) -> None:
    lines = ["SELECT membership_number AS number"] + [f"     , {n} AS c{n}" for n in range(40)] + ["  FROM members"]
    block = "text: |-\n" + "\n".join(f"      {line}" for line in lines)
    long = FILE.replace("text: SELECT membership_number AS number FROM members", block)
    file.write_text(long)
    chain("apply", file, "--yes")
    file.write_text(
        long.replace(", 35 AS c35", ", 36 AS c35").replace('{number: "{{ number }}"}', "[1, 2.50, {a: yes}]")
    )
    planned = chain("plan", file).stdout.splitlines()
    assert "    text:" in planned
    assert "      -     , 35 AS c35".replace("-     ", "-     ") in planned
    at = planned.index("      -     , 35 AS c35")
    assert planned[at + 1] == "      +     , 36 AS c35"
    assert planned[at - 4].startswith("      @@")
    assert planned[at - 1] == "            , 34 AS c34"
    assert not any("c20" in line for line in planned)
    assert "      +  2.50," in planned
    assert "'" not in "".join(planned)


def test_change_far_inside_one_long_line_is_shown_whole(chain: Tessera, file: Path) -> None:
    text = "SELECT membership_number AS number, " + "balance + 0 * 1000000000 + " * 8 + "{} AS n FROM members"
    plain = "SELECT membership_number AS number FROM members"
    file.write_text(FILE.replace(plain, text.format(1)))
    chain("apply", file, "--yes")
    file.write_text(FILE.replace(plain, text.format(2)))
    planned = chain("plan", file).stdout
    assert f"      -{text.format(1)}\n      +{text.format(2)}\n" in planned


def test_byte_order_mark_before_a_file_is_no_part_of_it(chain: Tessera, file: Path, tmp_path: Path) -> None:
    file.write_text("\ufeff" + FILE)
    assert "3 to create" in chain("plan", file).stdout
    assert "3 to create" in chain("plan", "-", input="\ufeff" + FILE).stdout
    select = tmp_path / "select.sql"
    select.write_text("\ufeffSELECT membership_number AS number FROM members")
    made = chain("query", "create", "Guests", "--file", select)
    assert made.exit_code == 0, made.output
    assert chain("query", "create", "More", "--file", "-", input=select.read_text()).exit_code == 0
    assert "\ufeff" not in chain("query", "show", "guests", "--json").stdout


def test_apply_asks_first(chain: Tessera, file: Path) -> None:
    refused = chain("apply", file)
    assert refused.exit_code != 0
    assert chain("query", "show", "guests").exit_code != 0


def test_fault_names_file_and_line(chain: Tessera, file: Path, tmp_path: Path) -> None:
    file.write_text(FILE.replace("{{ number }}", "{{ colour }}"))
    refused = chain("apply", file, "--yes")
    assert refused.exit_code != 0
    assert f"{file}, line 15" in str(refused.exception)
    assert "colour" in str(refused.exception)
    missing = chain("plan", tmp_path / "none.yaml")
    assert "cannot be read: No such file" in str(missing.exception)
    nowhere = tmp_path / "nowhere" / "all.yaml"
    assert f"{nowhere} cannot be written: No such file" in str(chain("export-config", "-o", nowhere).exception)
    empty = chain("plan", tmp_path / "keys")
    assert "holds no .yaml file" in str(empty.exception)


def test_folder_and_standard_input_are_read(chain: Tessera, file: Path) -> None:
    assert "3 to create" in chain("plan", file.parent).stdout
    assert "3 to create" in chain("plan", "-", input=FILE).stdout
