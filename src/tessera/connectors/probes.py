"""*Test connection*: opens a profile, lets its kind try the other side, and writes down what came of it."""

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from tessera.connectors.calls import CallKind, NewCall, record_call
from tessera.connectors.contract import (
    ConnectorType,
    Network,
    OpenedProfile,
    Probe,
    ProbeResult,
    ProbeStep,
    get_connector,
)
from tessera.connectors.discovery import keep_discovered
from tessera.connectors.errors import NotTestableError, ProfileDisabledError
from tessera.connectors.opened_profiles import list_secrets, open_profile
from tessera.connectors.paces import check_hold
from tessera.connectors.profile_checks import READY
from tessera.connectors.profiles import KIND, find_row
from tessera.platform.actors import Actor
from tessera.platform.assets import SettingsInvalidError
from tessera.platform.audit import Entry, record_entries
from tessera.platform.errors import TesseraError
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.platform.secrets import Masker

# A user waits in front of a page.
LONGEST_SECONDS = 60


async def test_profile(
    resources: Resources,
    client: OutboundClient,
    actor: Actor,
    *,
    chain_id: UUID,
    profile_id: UUID | str,
    options: Collection[str],
) -> ProbeResult:
    """Try whether a profile reaches its system, step by step, and keep the outcome among its last calls.

    `profile_id` may be its internal name. `options` are those of the type's `probe_options` that were ticked. No
    transaction is open while the other side takes its time.
    """
    actor.require("connection-profiles:write")
    async with resources.database.session() as session:
        row = await find_row(session, actor, chain_id, profile_id)
        probe = find_probe(get_connector(row["type"]), row, options)
        await check_hold(session, row["id"], row["label"])
        profile = await open_profile(session, row, resources.keys)
    started = time.perf_counter()
    result = await run_probe(
        probe, profile, Network(client, resources.settings, resources.database), frozenset(options)
    )
    call = make_call(result, time.perf_counter() - started)
    async with resources.database.session() as session:
        await record_call(session, row["id"], call)
        if result.discovered:
            await keep_discovered(session, actor, profile, result.discovered)
        seen = {"passed": call.passed, "message": call.message}
        entry = Entry("tested", KIND, row["id"], row["internal_name"], row["chain_id"], after=seen)
        await record_entries(session, actor, [entry])
    return result


def find_probe(connector: ConnectorType, row: Mapping[str, Any], options: Collection[str]) -> Probe:
    """Return what tries such a profile, or refuse: a profile that is disabled may be tried, a draft not."""
    if connector.probe is None:
        raise NotTestableError(f"{connector.label} profiles cannot be tested: nothing harmless is known to call.")
    if row["state"] != READY:
        raise ProfileDisabledError(f"The connection profile {row['label']} is incomplete. Fill it in first.")
    unknown = sorted(set(options) - set(connector.probe_options))
    if unknown:
        known = ", ".join(connector.probe_options) or "none"
        raise SettingsInvalidError(f"There is no option {unknown[0][:80]!r}. There are: {known}.", field="options")
    return connector.probe


async def run_probe(probe: Probe, profile: OpenedProfile, network: Network, options: frozenset[str]) -> ProbeResult:
    """Let the kind try; whatever goes wrong out there is a step that failed."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            result = await probe(profile, network, options)
    except TimeoutError:
        message = f"The other side took longer than {LONGEST_SECONDS} s in all. Check that it answers, then test again."
        result = ProbeResult([ProbeStep("Time", False, message)])
    except TesseraError as error:
        result = ProbeResult([ProbeStep("Test", False, error.message)])
    masker = Masker(list_secrets(profile))
    return replace(result, steps=[replace(step, message=masker.mask(step.message)) for step in result.steps])


def make_call(result: ProbeResult, seconds: float) -> NewCall:
    """Return what is kept of a test: the step that failed, or the last one that passed."""
    decisive = [step for step in result.steps if step.passed is False] or [step for step in result.steps if step.passed]
    message = f"{decisive[-1].title}: {decisive[-1].message}" if decisive else "Nothing was tried."
    return NewCall(CallKind.TEST, result.passed, message, status=result.status, latency_ms=seconds * 1000)
