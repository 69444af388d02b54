"""Queries run on the real database: columns, preview, count, rows, and one chain never seeing another."""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.builders.towns import Limits, Town

from tessera.platform.db import driver
from tessera.queries import (
    Column,
    ColumnType,
    Parameter,
    ParameterType,
    QueryFailedError,
    QueryInvalidError,
    QueryTimeoutError,
    QueryTooLargeError,
    QueryUnavailableError,
)
from tessera.queries.engines.sql import SqlEngine

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ENDLESS = "SELECT count(*) FROM members a, members b, members c, members d, members e, members f, members g"


@dataclass(frozen=True)
class Selected:
    """A query that nobody saved."""

    text: str
    parameters: tuple[Parameter, ...] = ()
    key_columns: tuple[str, ...] = ()


async def rows_of(town: Town, query: Selected, **given: object) -> list[list[Any]]:
    """Return every row that an export gets; they are numbered without a gap."""
    found: list[list[Any]] = []
    async for block in town.engine().read_blocks(town.north, query, now=NOON, given=given):
        rows = json.loads(f"[{block.data}]", parse_float=Decimal)
        assert (block.first, block.rows) == (len(found) + 1, len(rows))
        found += rows
    return found


async def test_describe_names_columns_and_types(town: Town) -> None:
    text = """SELECT m.balance, m.balance * 1.5 AS more, m.balance::float8 AS f, m.email, m.is_primary, m.birth_date,
              m.joined_at, m.account_id, row_to_json(m) AS whole, array[1, 2] AS list, m AS plain,
              interval '1 day' AS span FROM members m"""
    columns = await town.engine().describe(town.north, text)
    assert columns[0] == Column("balance", ColumnType.INT)
    assert [column.type.value for column in columns] == [
        *("int", "decimal", "float", "text", "bool", "date", "timestamp", "uuid", "json", "json", "json", "text")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT balance, 1 FROM members", "Column 2 has no name"),
        ("SELECT id, id FROM accounts", "The column id comes twice"),
        (
            "SELECT email,\n  balanse FROM members",
            "Line 2, column 3: there is no column balanse. Did you mean balance?",
        ),
        (
            "SELECT :run_at AS at, m.zzzz FROM members m",
            "Line 1, column 23: there is no column zzzz. Columns of members",
        ),
        ("SELECT upper(balance) AS u FROM members", "Line 1, column 8: function upper(integer) does not exist."),
        ("SELECT email, count(*) FROM members", 'Line 1, column 8: column "members.email" must appear in the GROUP BY'),
    ],
)
async def test_describe_says_what_is_wrong_and_where(town: Town, text: str, said: str) -> None:
    with pytest.raises(QueryInvalidError) as caught:
        await town.engine().describe(town.north, text)
    assert str(caught.value).startswith(said)


async def test_preview_shows_the_first_rows_in_key_order(town: Town) -> None:
    query = Selected("SELECT balance, last_name FROM members", key_columns=("balance",))
    preview = await town.engine().preview(town.north, query)
    assert preview.columns == (Column("balance", ColumnType.INT), Column("last_name", ColumnType.TEXT))
    assert preview.rows[:2] == ((10, "north1"), (20, "north2"))
    many = Selected("SELECT a.balance FROM members a, members b")
    assert len((await town.engine().preview(town.north, many)).rows) == 50


async def test_count_is_exact(town: Town) -> None:
    assert await town.engine().count(town.north, Selected("SELECT email FROM members WHERE tier_code = 'GOLD'")) == 30


async def test_copied_rows_survive_the_way_into_another_table(town: Town) -> None:
    nasty = 'tab\tnew\nline "quoted" back\\slash \\N \\. ünï 🙂'
    query = Selected(
        """SELECT :text AS text, 1.50 AS number, true AS yes, null AS nothing, joined_at, joined_at::timestamp AS bare,
                  joined_at::date AS day, json_build_object('a', array[1, 2]) AS json, balance
             FROM members -- a closing remark""",
        (Parameter("text", ParameterType.TEXT),),
        ("balance",),
    )
    rows = await rows_of(town, query, text=nasty)
    moment = "2025-01-02T00:00:00+00:00"
    assert len(rows) == 40
    assert rows[0] == [nasty, Decimal("1.50"), True, None, moment, moment, "2025-01-02", {"a": [1, 2]}, 10]


async def test_json_that_was_written_on_several_lines_stays_one_row(town: Town) -> None:
    written = """'{"a":\t1,\r\n "b": "\\t\\u0002"}'"""
    query = Selected(
        f"""SELECT {written}::json AS plain, array[{written}::json] AS list, row({written}::json) AS record,
                   {written}::jsonb AS stored FROM members""",
        key_columns=("stored",),
    )
    value = {"a": 1, "b": "\t\u0002"}
    assert await rows_of(town, query) == 40 * [[value, [value], {"f1": value}, value]]
    assert (await town.engine().preview(town.north, query)).rows[0] == (value, [value], {"f1": value}, value)


async def test_more_columns_than_a_function_takes(town: Town) -> None:
    wide = ", ".join(f"balance + {n} AS c_{n}" for n in range(150))
    assert (await rows_of(town, Selected(f"SELECT {wide} FROM members", key_columns=("c_0",))))[0] == list(
        range(10, 160)
    )


@pytest.mark.parametrize(
    ("kind", "value", "back"),
    [
        ("text", "it's' \\ :x $1 %s {} --", "it's' \\ :x $1 %s {} --"),
        ("int", -9, -9),
        ("decimal", "1.10", Decimal("1.10")),
        ("bool", True, True),
        ("date", "2025-02-03", "2025-02-03"),
        ("timestamp", "2025-02-03T04:05:06+02:00", "2025-02-03T02:05:06+00:00"),
        ("text", None, None),
    ],
)
async def test_parameters_keep_their_value_and_type(town: Town, kind: str, value: object, back: object) -> None:
    query = Selected("SELECT :x AS x, '?:x' AS q FROM members LIMIT :n", (Parameter("x", ParameterType(kind)), ONE))
    assert await rows_of(town, query, x=value) == [[back, "?:x"]]
    assert (await town.engine().preview(town.north, query, {"x": value})).rows == ((back, "?:x"),)


ONE = Parameter("n", ParameterType.INT, 1)


async def test_period_and_moments_are_filled_in(town: Town) -> None:
    query = Selected(
        """SELECT count(*), :run_at AS at, :last_success_at AS last
             FROM members WHERE in_period(joined_at, 'PERIOD') = true"""
    )
    assert await rows_of(town, query) == [[40, "2025-06-01T12:00:00+00:00", None]]
    days = {"from": "2025-01-02T00:00:00Z", "to": "2025-01-05T00:00:00Z"}
    assert (await rows_of(town, query, **days))[0][0] == 3


async def test_chains_never_mix_even_at_once(town: Town) -> None:
    engine = town.engine()
    query = Selected("SELECT last_name FROM members")

    async def names(chain: UUID) -> str:
        return "".join([block.data async for block in engine.read_blocks(chain, query, now=NOON)])

    found = await asyncio.gather(*(names(chain) for chain in (town.north, town.south) * 5))
    for number, block in enumerate(found):
        mine, other = ("north", "south") if number % 2 == 0 else ("south", "north")
        assert block.count(mine) == 40
        assert other not in block


async def test_number_of_a_dead_backend_gives_nothing_away(town: Town) -> None:
    with psycopg.connect(town.query_address, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM datasets.members").fetchone() == (0,)
        async with town.database.session() as session:
            dead = {"pid": connection.info.backend_pid, "chain": town.south}
            raw = await driver(session)
            await raw.execute("INSERT INTO query_bindings VALUES (%(pid)s, %(chain)s)", dead)
    # Every process id is left behind as South's; the engine binds its own connection anew all the same.
    async with town.database.session() as session:
        raw = await driver(session)
        await raw.execute(
            "INSERT INTO query_bindings SELECT n, %s FROM generate_series(1, 100000) n ON CONFLICT DO NOTHING",
            [town.south],
        )
    preview = await town.engine().preview(
        town.north, Selected("SELECT DISTINCT left(last_name, 5) AS who FROM members")
    )
    assert preview.rows == (("north",),)
    async with town.database.session() as session:
        await (await driver(session)).execute("DELETE FROM query_bindings")


async def test_binding_is_gone_when_the_query_ends(town: Town) -> None:
    with pytest.raises(QueryFailedError, match="divides by zero"):
        await town.engine().count(town.north, Selected("SELECT 1 / (balance - 10) AS x FROM members ORDER BY 1"))
    async with town.database.session() as session:
        cursor = await (await driver(session)).execute("SELECT count(*) FROM query_bindings")
        assert await cursor.fetchone() == (0,)


async def test_slow_query_is_stopped(town: Town) -> None:
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 seconds"):
        await town.engine(seconds=0.2).count(town.north, Selected(ENDLESS))


async def test_block_holds_some_hundred_rows_and_their_keys(town: Town) -> None:
    query = Selected("SELECT a.balance AS b, b.balance AS a FROM members a, members b", key_columns=("a", "b"))
    blocks = [each async for each in town.engine().read_blocks(town.north, query, now=NOON, with_keys=True)]
    assert [(block.first, block.rows) for block in blocks[:3]] == [(1, 256), (257, 256), (513, 256)]
    assert sum(block.rows for block in blocks) == 1600
    rows = [row for block in blocks for row in json.loads(f"[{block.data}]")]
    keys = [key for block in blocks for key in json.loads(f"[{block.keys}]")]
    assert keys == [[a, b] for b, a in rows] == sorted(keys)
    assert (await anext(town.engine().read_blocks(town.north, query, now=NOON))).keys is None


async def test_keys_that_identify_no_row_are_counted(town: Town) -> None:
    text = "SELECT nullif(balance / 20, 3) AS half, nullif(email, email) AS none, balance FROM members"
    (block,) = [
        each async for each in town.engine().read_blocks(town.north, Selected(text, key_columns=("half",)), now=NOON)
    ]
    halves = [row[0] for row in json.loads(f"[{block.data}]")]
    empty = [number for number, half in enumerate(halves, 1) if half is None]
    again = [n for n in range(2, len(halves) + 1) if halves[n - 1] is not None and halves[n - 1] == halves[n - 2]]
    assert (block.empty_keys, block.first_empty) == (len(empty), empty[0])
    assert (block.repeated_keys, block.first_repeated) == (len(again), again[0])
    (fine,) = [
        each async for each in town.engine().read_blocks(town.north, Selected(text, key_columns=("balance",)), now=NOON)
    ]
    assert (fine.empty_keys, fine.first_empty, fine.repeated_keys, fine.first_repeated) == (0, None, 0, None)


async def test_too_many_rows_are_an_error(town: Town) -> None:
    query = Selected("SELECT a.balance FROM members a, members b")
    with pytest.raises(QueryTooLargeError, match="more than 1,000 rows"):
        async for _ in town.engine(rows=1000).read_blocks(town.north, query, now=NOON):
            pass


async def test_row_that_nobody_could_send_is_an_error(town: Town) -> None:
    long = "concat(" + ", ".join(["rpad('x', 1000)"] * 40) + ")"
    query = Selected(f"SELECT string_agg({long}, '') AS long FROM members a, members b")
    for running in (consume(town, query), town.engine().preview(town.north, query)):
        with pytest.raises(QueryTooLargeError, match="longer than 1024 KiB"):
            await running


async def consume(town: Town, query: Selected) -> None:
    """Read all rows and forget them."""
    async for _ in town.engine().read_blocks(town.north, query, now=NOON):
        pass


async def test_caller_who_gives_up_ends_the_query_in_the_database(town: Town) -> None:
    running = asyncio.create_task(town.engine().count(town.north, Selected(ENDLESS)))
    assert await others(town, until=1) == 1
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await others(town, until=0) == 0


async def test_rows_that_nobody_wants_any_more_end_the_query(town: Town) -> None:
    query = Selected("SELECT a.email, b.email AS b FROM members a, members b, members c, accounts d")
    blocks = town.engine(rows=10_000_000).read_blocks(town.north, query, now=NOON)
    assert (await anext(blocks)).rows >= 256
    await blocks.aclose()
    assert await others(town, until=0) == 0


async def test_value_of_hundreds_of_megabytes_is_an_error(town: Town) -> None:
    if sys.platform != "linux":
        pytest.skip("the limit on a backend's memory is the kernel's, on Linux")
    # The parser refuses such a width; what else grows this large must end in the database.
    engine, query = town.engine(checking=False), Selected("SELECT length(format('%800000000s', 'a')) AS n")
    with pytest.raises(QueryTooLargeError, match="more memory"):
        await engine.preview(town.north, query)
    assert await town.engine().count(town.north, Selected("SELECT 1 AS one")) == 1


async def test_looks_have_a_share_for_each_chain(town: Town) -> None:
    engine = town.engine(seconds=2)
    endless = [asyncio.create_task(engine.count(town.north, Selected(ENDLESS))) for _ in range(6)]
    assert await others(town, until=2) == 2
    # Another chain's look and this chain's export find room at once.
    assert await engine.count(town.south, Selected("SELECT 1 AS one")) == 1
    assert len(await rows_of(town, Selected("SELECT 1 AS one"))) == 1
    ended = await asyncio.gather(*endless, return_exceptions=True)
    assert {type(each) for each in ended} <= {QueryTimeoutError, QueryUnavailableError}


async def test_look_ends_sooner_than_an_export(town: Town) -> None:
    limits = Limits(query_timeout_seconds=30, query_preview_seconds=0.2)
    engine = SqlEngine(town.database, town.query_address, limits)
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.2 seconds"):
        await engine.count(town.north, Selected(ENDLESS))
    heavy = "SELECT count(*) AS n FROM members a, members b, members c WHERE a.balance + b.balance + c.balance < 0"
    async for block in engine.read_blocks(town.north, Selected(heavy), now=NOON):
        assert block.data == "[0]"


async def others(town: Town, until: int) -> int:
    """Return how many query connections there are, as soon as there are as many as expected."""
    count = -1
    with psycopg.connect(town.admin_address, autocommit=True) as connection:
        for _ in range(100):
            sql = (
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'tessera_query' AND datname = current_database()"
            )
            count = next(connection.execute(sql))[0]
            if count == until:
                break
            await asyncio.sleep(0.05)
    return count
