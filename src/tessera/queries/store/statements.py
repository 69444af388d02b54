"""What wraps a query: ordered JSON rows, a count, a COPY.

The only texts put in are the query, which the database has already read alone as one whole statement, names made here,
numbers, and values that the driver quoted. The query is put on separate lines in case it ends in a comment.
"""

from collections.abc import Sequence

from tessera.queries.columns import Described, Placed, find_keys, json_row, place_columns

LONGEST_ROW = 1024 * 1024
# A row that is too large to send comes as a null, and never reaches our memory.
GUARDED = f"CASE WHEN octet_length(line) <= {LONGEST_ROW} THEN line END"
BEGIN = "BEGIN TRANSACTION READ ONLY"
# A row's JSON arrays hold neither of these characters, so none is ever quoted: the fields are cut at the tabs.
AS_LINES = "FORMAT csv, DELIMITER E'\\t', QUOTE E'\\x02'"
# What the last field says of a row's key: one of these, or both.
EMPTY, REPEATED = "e", "r"
FAULTS = f"""CASE WHEN is_empty OR is_repeated
       THEN concat(CASE WHEN is_empty THEN '{EMPTY}' END, CASE WHEN is_repeated THEN '{REPEATED}' END) END"""


def select_first(text: str, described: Sequence[Described], keys: Sequence[str], rows: int, *, server: int) -> str:
    """Return the statement that gives the first rows as JSON."""
    ordered = order_rows(text, described, keys, rows, columns=[json_line(described, server)])
    return f"SELECT {GUARDED} FROM ({ordered}) AS ordered"  # noqa: S608


def select_count(text: str) -> str:
    """Return the statement that counts the rows."""
    return f"SELECT count(*) FROM (\n{text}\n) AS counted"  # noqa: S608


def explain(text: str) -> str:
    """Return the statement that explains the plan."""
    return f"EXPLAIN (FORMAT JSON)\n{text}"


def copy_all(
    text: str, described: Sequence[Described], keys: Sequence[str], *, rows: int, with_keys: bool, server: int
) -> str:
    """Return the COPY that gives every row up to a number of them, as they come out of the one sort by key.

    A line has the row's JSON array, that of its key where keys are asked for, and what is wrong with the key.
    """
    chosen = find_keys(described, keys)
    key = f"{json_row(chosen, server=server)}::text" if with_keys else "NULL"
    columns = [json_line(described, server), f"{key} AS key", *key_checks(chosen)]
    ordered = order_rows(text, described, keys, rows, columns=columns)
    return f"COPY (SELECT {GUARDED}, key, {FAULTS} FROM ({ordered}) AS ordered) TO STDOUT ({AS_LINES})"  # noqa: S608


def order_rows(
    text: str, described: Sequence[Described], keys: Sequence[str], rows: int, *, columns: Sequence[str]
) -> str:
    """Return the SELECT of at most so many rows in the order of their keys.

    The limit also keeps it apart from what is around it: a column that is used twice there is still made once.
    """
    names = ", ".join(each.place for each in place_columns(described))
    order = f"ORDER BY {', '.join(each.place for each in find_keys(described, keys))}" if keys else ""
    query = f"(\n{text}\n) AS query ({names})"
    return f"SELECT {', '.join(columns)} FROM {query} WINDOW ordered AS ({order}) {order} LIMIT {rows}"  # noqa: S608


def json_line(described: Sequence[Described], server: int) -> str:
    """Return the column with the row's JSON array."""
    return f"{json_row(place_columns(described), server=server)}::text AS line"


def key_checks(keys: Sequence[Placed]) -> list[str]:
    """Return what says whether a row's key is empty, and whether the row before has it too."""
    if not keys:
        return ["false AS is_empty", "false AS is_repeated"]
    empty = " OR ".join(f"{key.place} IS NULL OR {key.place}::text = ''" for key in keys)
    repeated = " AND ".join(f"{key.place} = lag({key.place}) OVER ordered" for key in keys)
    return [f"({empty}) AS is_empty", f"({repeated}) AS is_repeated"]
