"""A take-over: what a dead worker had begun, and may or may not have sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tessera.exports.kinds.requests.outcomes import Judge
from tessera.exports.kinds.requests.recorder import Recorder
from tessera.exports.kinds.requests.requests import OpenRequest
from tessera.exports.kinds.requests.windows import WindowReader
from tessera.exports.states import RequestState


async def resume_requests(
    rows: Sequence[dict[str, Any]], reader: WindowReader, recorder: Recorder, judge: Judge
) -> list[OpenRequest]:
    """Settle the attempts of lost workers; return the requests that go on."""
    requests = [await rebuild_request(row, reader) for row in rows]
    lost = [request for request, row in zip(requests, rows, strict=True) if row["state"] == RequestState.BEGUN]
    for request in lost:
        request.lost += 1
    settlements = [judge.judge_lost(request) for request in lost]
    await asyncio.gather(*(recorder.settle(settlement) for settlement in settlements))
    ended = {s.request.number for s in settlements if s.state is not RequestState.WAITING}
    return [request for request in requests if request.number not in ended]


async def rebuild_request(row: dict[str, Any], reader: WindowReader) -> OpenRequest:
    """Render the request again from its spooled rows, under the key that it was given first."""
    left_out = set(row["left_out"] or ())
    ordinals = [ordinal for ordinal in range(row["first_row"], row["last_row"] + 1) if ordinal not in left_out]
    planned = await reader.plan_again(ordinals, row["window_number"], row["number"])
    # With its first key, unless it changed since another run began it: then it is another request.
    key = planned.idempotency_key if row["window_number"] < 0 else row["key"]
    return OpenRequest(
        replace(planned, idempotency_key=key),
        row["window_number"],
        parent=row["parent"],
        attempts=row["attempts"],
        lost=row["lost_attempts"],
    )
