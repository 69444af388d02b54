"""What wraps a query: numbered JSON rows, a count, a COPY.

The only texts put in are the query, which the database has already read alone as one whole statement, names made here,
numbers, and values that the driver quoted. The query is put on separate lines in case it ends in a comment.
"""

from collections.abc import Sequence

from tessera.queries.columns import Described, Placed, find_keys, json_row, place_columns

LONGEST_ROW = 1024 * 1024
# A row that is too large to send comes as a null, and never reaches our memory.
GUARDED = f"CASE WHEN octet_length(line) <= {LONGEST_ROW} THEN line END"
# A row may have a megabyte, so a line at most this many.
ROWS_PER_LINE = 32
BEGIN = "BEGIN TRANSACTION READ ONLY"


def select_first(text: str, described: Sequence[Described], keys: Sequence[str], rows: int, *, server: int) -> str:
    """Return the statement that gives the first rows as JSON."""
    numbered = number_rows(text, described, keys, rows, server=server)
    return f"SELECT {GUARDED} FROM ({numbered}) AS numbered ORDER BY number"  # noqa: S608


def select_count(text: str) -> str:
    """Return the statement that counts the rows."""
    return f"SELECT count(*) FROM (\n{text}\n) AS counted"  # noqa: S608


def explain(text: str) -> str:
    """Return the statement that explains the plan."""
    return f"EXPLAIN (FORMAT JSON)\n{text}"


def copy_all(
    text: str, described: Sequence[Described], keys: Sequence[str], *, rows: int, with_keys: bool, server: int
) -> str:
    """Return the COPY that gives every row up to a number of them, some in one line.

    The database gathers them: few long lines pass through the driver many times faster than many short ones. A line
    has the number of its first row, how many rows it has and how many of them are not too long, the rows, their keys,
    and what is wrong with keys: how many are empty, the first of these, how many are repeated, the first of these.
    """
    numbered = number_rows(text, described, keys, rows, checked=True, with_keys=with_keys, server=server)
    return f"""
COPY (
  SELECT min(number), count(*), count(line), string_agg(line, ',' ORDER BY number),
         string_agg(key, ',' ORDER BY number),
         count(*) FILTER (WHERE is_empty), min(number) FILTER (WHERE is_empty),
         count(*) FILTER (WHERE is_repeated), min(number) FILTER (WHERE is_repeated)
    FROM (SELECT number, {GUARDED} AS line, key, is_empty, is_repeated FROM ({numbered}) AS numbered) AS guarded
   GROUP BY (number - 1) / {ROWS_PER_LINE} ORDER BY (number - 1) / {ROWS_PER_LINE}
) TO STDOUT (FORMAT binary)
"""  # noqa: S608


def number_rows(
    text: str,
    described: Sequence[Described],
    keys: Sequence[str],
    rows: int,
    *,
    server: int,
    checked: bool = False,
    with_keys: bool = False,
) -> str:
    """Return the SELECT of at most so many numbered JSON rows; `checked` says what is wrong with their keys too."""
    names = ", ".join(f"c{number}" for number in range(1, len(described) + 1))
    chosen = find_keys(described, keys)
    columns = [
        "row_number() OVER ordered AS number",
        f"{json_row(place_columns(described), server=server)}::text AS line",
    ]
    if checked:
        columns += key_checks(chosen)
        columns.append(
            f"{json_row(chosen, server=server)}::text AS key" if with_keys and chosen else "NULL::text AS key"
        )
    order = f"ORDER BY {', '.join(each.place for each in chosen)}" if chosen else ""
    query = f"(\n{text}\n) AS query ({names})"
    return f"SELECT {', '.join(columns)} FROM {query} WINDOW ordered AS ({order}) LIMIT {rows}"  # noqa: S608


def key_checks(keys: Sequence[Placed]) -> list[str]:
    """Return what says whether a row's key is empty, and whether the row before has it too."""
    if not keys:
        return ["false AS is_empty", "false AS is_repeated"]
    empty = " OR ".join(f"{key.place} IS NULL OR {key.place}::text = ''" for key in keys)
    repeated = " AND ".join(f"{key.place} = lag({key.place}) OVER ordered" for key in keys)
    return [f"({empty}) AS is_empty", f"({repeated}) AS is_repeated"]
