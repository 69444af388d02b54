"""Answers looked at whole, outside any clock: a fast answer that is wrong is worth nothing."""

import json
import urllib.request
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.load_client import Request
from benchmarks.processes import BenchmarkError

STORED = """
SELECT id, account_id, program_id, tier_id, state, is_primary, membership_number, balance
  FROM tessera.memberships WHERE chain_id = %s AND id = ANY (%s) ORDER BY created_at DESC, sequence DESC
"""
SHOWN = ("Id", "AccountId", "LoyaltyProgramId", "LoyaltyTierId", "State", "IsPrimary", "MembershipNumber", "Points")


def ask(url: str, request: Request) -> dict[str, Any]:
    """Make one call and return its answer."""
    headers = {"Content-Type": "application/json"}
    call = urllib.request.Request(url + request.path, data=request.body, headers=headers)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(call, timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def check_answers(database: str, chain_id: UUID, url: str, requests: Sequence[Request]) -> None:
    """Make the calls; raise where an answer is empty, out of order, or differs from what is stored."""
    with psycopg.connect(database) as connection:
        for request in requests:
            shown = [tuple(item[name] for name in SHOWN) for item in ask(url, request)["LoyaltyMemberships"]]
            rows = connection.execute(STORED.encode(), [chain_id, [row[0] for row in shown]]).fetchall()
            stored = [tuple(str(value) if isinstance(value, UUID) else value for value in row) for row in rows]
            if not shown or shown != stored:
                raise BenchmarkError(
                    f"{request.sort}: the answer is not what is stored. The figures are worth nothing."
                )
