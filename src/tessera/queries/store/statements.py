"""What wraps a query: numbered JSON rows, a count, a COPY.

The only texts put in are the query, which the database has already read alone as one whole statement, names made here,
numbers, and values that the driver quoted. The query is put on separate lines in case it ends in a comment.
"""

from collections.abc import Sequence
from uuid import UUID

from tessera.queries.columns import Described, json_row, order_by

LONGEST_ROW = 1024 * 1024
# A row that is too large to send comes as a null, and never reaches our memory.
GUARDED = f"CASE WHEN octet_length(line) <= {LONGEST_ROW} THEN line END"
BEGIN = "BEGIN TRANSACTION READ ONLY"


def select_first(text: str, described: Sequence[Described], keys: Sequence[str], rows: int) -> str:
    """Return the statement that gives the first rows as JSON."""
    return f"SELECT {GUARDED} FROM ({number_rows(text, described, keys, rows)}) AS numbered ORDER BY number"  # noqa: S608


def select_count(text: str) -> str:
    """Return the statement that counts the rows."""
    return f"SELECT count(*) FROM (\n{text}\n) AS counted"  # noqa: S608


def explain(text: str) -> str:
    """Return the statement that explains the plan."""
    return f"EXPLAIN (FORMAT JSON)\n{text}"


def copy_all(text: str, described: Sequence[Described], keys: Sequence[str], *, rows: int, label: UUID) -> str:
    """Return the COPY that gives label, number and JSON of every row up to a number of them."""
    numbered = number_rows(text, described, keys, rows)
    return f"COPY (SELECT '{label}', number, {GUARDED} FROM ({numbered}) AS numbered) TO STDOUT"  # noqa: S608


def number_rows(text: str, described: Sequence[Described], keys: Sequence[str], rows: int) -> str:
    """Return the SELECT of at most so many numbered JSON rows."""
    names = ", ".join(f"c{number}" for number in range(1, len(described) + 1))
    number = f"row_number() OVER ({order_by(described, keys)}) AS number"
    line = f"{json_row(described)}::text AS line"
    return f"SELECT {number}, {line} FROM (\n{text}\n) AS query ({names}) LIMIT {rows}"  # noqa: S608
