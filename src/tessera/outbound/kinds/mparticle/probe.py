"""*Test connection* of an outbound mParticle profile: its settings, and a development batch where ticked."""

from collections.abc import Mapping
from typing import Any

import msgspec

from tessera.connectors.contract import (
    ANSWER,
    CONNECTION,
    Network,
    OpenedProfile,
    ProbeResult,
    ProbeStep,
    Target,
    connected_step,
    failed_steps,
    host_of,
    name_of,
    not_reached,
    try_address,
)
from tessera.outbound.kinds.mparticle.client import open_target
from tessera.platform.http import CallError, Reply

SEND_TEST_BATCH = "send_test_batch"
OPTIONS = {SEND_TEST_BATCH: "Send a development test batch"}
BATCH = "Test batch"
BODY = msgspec.json.encode({"environment": "development", "events": []})
JSON = ("Content-Type", "application/json")


async def probe(profile: OpenedProfile, network: Network, ticked: frozenset[str]) -> ProbeResult:
    """Look at the settings and the address; nothing else about mParticle is harmless, so more only where ticked."""
    target = open_target(profile.variant, profile.settings, profile.secrets)
    settings = settings_step(profile.settings)
    address = await try_address(network.client, target.base_url)
    if SEND_TEST_BATCH not in ticked:
        message = f"Not tried: tick “{OPTIONS[SEND_TEST_BATCH]}” to see whether key and secret are accepted."
        return ProbeResult([settings, address, ProbeStep(BATCH, None, message)])
    if not address.passed:
        return ProbeResult([settings, address, not_reached(CONNECTION), not_reached(BATCH)])
    try:
        reply = await send_batch(network, target)
    except CallError as error:
        steps = [step if step.title != ANSWER else renamed(step) for step in failed_steps(target.base_url, error)]
        return ProbeResult([settings, address, *steps])
    connected = connected_step(target.base_url)
    return ProbeResult([settings, address, connected, batch_step(target.base_url, reply)], reply.status)


async def send_batch(network: Network, target: Target) -> Reply:
    """Send one development batch without events or user: nothing is kept of it."""
    url = f"{target.base_url.rstrip('/')}/events"
    return await network.client.send("POST", url, headers=(*target.headers, JSON), body=BODY, limits=target.limits)


def settings_step(settings: Mapping[str, Any]) -> ProbeStep:
    """Say what the profile would send to; it was checked when it was saved."""
    plan = settings["data_plan_id"]
    checked = f", checked against the data plan {plan}" if plan else ""
    message = f"Pod {settings['pod']}, {settings['environment']} data{checked}."
    return ProbeStep("Settings", True, message)


def batch_step(url: str, reply: Reply) -> ProbeStep:
    """Return what mParticle made of the batch."""
    what = f"{host_of(url)} answered {name_of(reply.status)} in {reply.duration_seconds * 1000:,.0f} ms."
    if 200 <= reply.status < 300:
        return ProbeStep(BATCH, True, f"Key and secret are accepted: {what}")
    if reply.status in (401, 403):
        message = f"Reached, credentials refused: {what} Correct key and secret, or the pod."
        return ProbeStep(BATCH, False, message)
    if reply.status == 400:
        return ProbeStep(BATCH, True, f"Key and secret are accepted; an empty batch is not: {what}")
    return ProbeStep(BATCH, False, f"{what} Check the pod and the endpoint, or try again later.")


def renamed(step: ProbeStep) -> ProbeStep:
    """Return the step under the name that it has here."""
    return ProbeStep(BATCH, step.passed, step.message)
