"""The export as a dlt pipeline; runs in the peers' own environment and knows nothing of Tessera but a plain table."""

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import dlt
import psycopg2
import requests

ROWS_PER_FETCH = 10_000
ROWS = """
SELECT id::text AS id, membership_number, email, first_name, last_name, tier, state, points
  FROM benchmark.members WHERE ordinal <= %s ORDER BY ordinal
"""
kept = threading.local()


def read_members(rows: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the members page by page."""
    with psycopg2.connect(os.environ["BENCHMARK_DATABASE"]) as connection, connection.cursor("rows") as cursor:
        cursor.execute(ROWS, [rows])
        while page := cursor.fetchmany(ROWS_PER_FETCH):
            names = [column.name for column in cursor.description]
            yield [dict(zip(names, row, strict=True)) for row in page]


def open_session() -> requests.Session:
    """Return the thread's own session, whose connection lives on."""
    if not hasattr(kept, "session"):
        kept.session = requests.Session()
        kept.session.headers["Authorization"] = f"Bearer {os.environ['BENCHMARK_TOKEN']}"
    return kept.session


def main() -> None:
    """Run the pipeline and print its seconds as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--rows-per-request", type=int, required=True)
    parser.add_argument("--jobs", type=int, required=True)
    given = parser.parse_args()

    @dlt.destination(
        name="receiver",
        batch_size=given.rows_per_request,
        loader_parallelism_strategy="parallel",
        max_parallel_load_jobs=given.jobs,
        skip_dlt_columns_and_tables=True,
    )
    def send(items: Any, table: Any) -> None:  # noqa: ARG001 - dlt calls it by these names
        open_session().post(given.url, json={"members": items}, timeout=30).raise_for_status()

    begun = time.monotonic()
    pipeline = dlt.pipeline("members", destination=send)
    pipeline.run(read_members(given.rows), table_name="members").raise_on_failed_jobs()
    json.dump({"seconds": time.monotonic() - begun}, sys.stdout)


if __name__ == "__main__":
    main()
