"""`python -m tests.builders.oauth_callers`: many callers of one OAuth profile in a process of their own."""

import asyncio
import json
import sys
import time
from collections import Counter
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.builders.token_servers import HandOuts

from tessera.connectors.tokens import TokenKeeper
from tessera.outbound import Sender, open_sender
from tessera.outbound.rendering import Method, PlannedRequest, TemplateShape, plain_shape
from tessera.platform.actors import command_line_actor
from tessera.platform.db import Database, app_address
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import load_keys
from tessera.platform.settings import load_settings
from tessera.platform.signals import leave_at_once
from tessera.wiring import CONNECTORS

# Loading the wiring makes every connector type known, as it does in every process of ours.
assert CONNECTORS

SHAPE = plain_shape(TemplateShape(Method.POST, url_path="/members", body="{}"))


async def call_for_a_while(sender: Sender, name: str, *, callers: int, at_once: int, seconds: float) -> dict[str, int]:
    """Let the callers send again and again, so many at once; return how often each outcome came."""
    gate, outcomes = asyncio.Semaphore(at_once), Counter[str]()
    until = time.monotonic() + seconds

    async def call(caller: int) -> None:
        number = 0
        while time.monotonic() < until:
            number += 1
            planned = PlannedRequest(0, (1,), "POST", "/members", (), b"[1]", f"{name}-{caller}-{number}")
            async with gate:
                answer = await sender.send(planned)
            outcomes[str(answer.status or answer.code)] += 1

    await asyncio.gather(*(call(caller) for caller in range(callers)))
    return outcomes


async def main(given: dict[str, Any]) -> dict[str, Any]:
    """Open the profile as a worker does and call; return the outcomes, and what the keeper handed out."""
    handed = HandOuts()
    TokenKeeper.get = handed.watch()  # type: ignore[method-assign, assignment]
    keys = load_keys(Path(given["keys_file"]))
    database = Database(app_address(given["address"], keys))
    client = OutboundClient(allowed_networks=(ip_network("127.0.0.0/8"),), allow_insecure_http=True)
    resources = Resources(load_settings({}), database, keys, JobQueue(database))
    async with database.session() as session:
        sender = await open_sender(
            session,
            command_line_actor("test"),
            chain_id=UUID(given["chain_id"]),
            profile_id=UUID(given["profile_id"]),
            shape=SHAPE,
            resources=resources,
            client=client,
        )
    try:
        outcomes = await call_for_a_while(
            sender, given["name"], callers=given["callers"], at_once=given["at_once"], seconds=given["seconds"]
        )
        return {"outcomes": outcomes, "usable_until": handed.usable_until, "over": handed.over}
    finally:
        await client.close()
        await database.close()


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
    leave_at_once()
