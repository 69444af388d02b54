"""A thousand callers and one token: one request for it at a time, none sent with an expired one, one replay each."""

import asyncio
import json
import math
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.builders.oauth_callers import SHAPE
from tests.builders.places import OWNER, Place
from tests.builders.token_servers import OAuthPair, run_oauth_pair
from tests.connectors.test_oauth import NETWORKS, POLICY, planned

from tessera import connectors, outbound
from tessera.connectors import NewProfile, Profile
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

ROOT = Path(__file__).parents[2]
CALLERS = 1000
PROCESSES = 2


async def create(place: Place, resources: Resources, pair: OAuthPair) -> Profile:
    """Create a profile of the pair."""
    async with resources.database.session() as session:
        new = NewProfile("http_api", "oauth2", "CRM", settings=pair.settings())
        return await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=resources.keys, policy=POLICY
        )


async def run_callers(given: dict[str, Any]) -> dict[str, Any]:
    """Run callers in a process of their own; return what came of their requests, and which tokens they used."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.builders.oauth_callers", json.dumps(given)),
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    report: dict[str, Any] = json.loads(output)
    return report


@pytest.mark.parametrize(
    ("lifetime", "seconds", "revoking"),
    [(3.0, 5.0, False), pytest.param(1.0, 20.0, True, marks=pytest.mark.prove(minutes=1))],
    ids=["short", "long"],
)
async def test_processes_share_each_token(
    place: Place,
    resources: Resources,
    keys: KeyRing,
    admin_address: str,
    keys_file: Path,
    lifetime: float,
    seconds: float,
    revoking: bool,
) -> None:
    async with run_oauth_pair(lifetime=lifetime, delay=0.02) as pair:
        profile = await create(place, resources, pair)
        given = {
            "address": admin_address,
            "keys_file": str(keys_file),
            "chain_id": str(place.chain_id),
            "profile_id": str(profile.id),
            "callers": CALLERS // PROCESSES,
            "at_once": 8,
            "seconds": seconds,
        }
        revoker = asyncio.create_task(revoke_now_and_then(pair)) if revoking else None
        reports = await asyncio.gather(*(run_callers({**given, "name": str(n)}) for n in range(PROCESSES)))
        if revoker is not None:
            revoker.cancel()
    sent = sum((Counter(report["outcomes"]) for report in reports), Counter[str]())
    assert set(sent) == {"200"}
    assert sent.total() > CALLERS
    assert pair.token_receiver.most_in_flight == 1
    for report in reports:
        assert report["over"] == 0
        assert len(report["usable_until"]) >= 2
        for token, usable_until in report["usable_until"].items():
            assert usable_until <= pair.tokens.ends[token] - 0.1 * lifetime + 0.01
    # One for each time that it was over, or refused; the processes need not start in the same moment.
    most = math.ceil((seconds + 5) / (0.9 * lifetime)) + 1 + len(pair.tokens.revoked)
    assert 2 <= len(pair.tokens.asked) <= most
    assert set(pair.resource.taken.values()) == {1}
    assert max(pair.resource.refused.values(), default=0) <= 1
    assert revoking is bool(pair.tokens.revoked)


async def revoke_now_and_then(pair: OAuthPair) -> None:
    """Make the newest token worthless again and again."""
    random = Random(7)
    while True:
        await asyncio.sleep(random.uniform(1, 3))
        pair.tokens.revoked.update(list(pair.tokens.ends)[-1:])


async def test_thousand_refusals_cause_one_refetch_and_one_replay_each(place: Place, resources: Resources) -> None:
    client = OutboundClient(allowed_networks=NETWORKS, allow_insecure_http=True)
    async with run_oauth_pair() as pair:
        profile = await create(place, resources, pair)
        async with resources.database.session() as session:
            sender = await outbound.open_sender(
                session,
                OWNER,
                chain_id=place.chain_id,
                profile_id=profile.id,
                shape=SHAPE,
                resources=resources,
                client=client,
            )
        assert (await sender.send(planned("first"))).status == 200
        pair.tokens.revoked.add("token-1")
        # The first refusal comes back when the others are on their way.
        pair.resource.delay = 1.0
        answers = await asyncio.gather(*(sender.send(planned(f"key-{number}")) for number in range(CALLERS)))
        await client.close()
    assert {answer.status for answer in answers} == {200}
    assert len(pair.tokens.asked) == 2
    assert max(pair.resource.refused.values()) == 1
    assert pair.resource.refused.total() > CALLERS / 2
    assert set(pair.resource.taken.values()) == {1}
