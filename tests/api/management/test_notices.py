"""Notices and mails over the API: tests of targets with limits, and lists that stay within the chain."""

from typing import Any
from uuid import uuid4

import pytest
from tests.api.management.conftest import Desk

from tessera.platform.mail import MailMessage, send_mail

HOOK = "https://hooks.example.com/services/very-secret-path"


async def test_target_is_tried(desk: Desk) -> None:
    made = await try_target(desk, "slack", {"url": HOOK})

    (delivery,) = made["deliveries"]
    assert (made["news"], delivery["channel"], delivery["state"]) == ("notice_tested", "slack", "pending")
    assert delivery["recipient"] == "Chat (hooks.example.com)"
    assert made["title"].startswith('[Loyalty] Notice target "Chat" was tested – ')
    listed = await desk.good("GET", f"/notices?subject_id={made['subject_id']}")
    assert listed == {"items": [made], "next": None}
    assert "very-secret" not in str(listed)
    (entry,) = (await desk.good("GET", f"/audit-log?object_id={made['subject_id']}"))["items"]
    assert (entry["action"], entry["after"]) == ("tested", {"channel": "slack"})


async def try_target(desk: Desk, channel: str, settings: dict[str, str]) -> Any:
    body: dict[str, Any] = {"chain_id": str(desk.chain_id), "channel": channel, "settings": settings}
    return await desk.good("POST", "/notices/test", status=201, **body)


async def test_every_channel_can_be_tried(desk: Desk) -> None:
    mail = await try_target(desk, "email", {"addresses": "ada@example.com; eve@example.com"})
    assert [one["recipient"] for one in mail["deliveries"]] == ["ada@example.com", "eve@example.com"]
    for channel in ("webhook", "slack", "heartbeat"):
        (delivery,) = (await try_target(desk, channel, {"url": HOOK}))["deliveries"]
        assert delivery["state"] == "pending"


@pytest.mark.parametrize(
    ("channel", "settings", "code", "pointer"),
    [
        ("pigeon", {}, "notice_channel_not_found", "/channel"),
        ("slack", {}, "notice_rules_invalid", "/settings/url"),
        ("slack", {"url": "https://169.254.169.254/latest"}, "notice_rules_invalid", "/settings/url"),
        ("slack", {"url": "https://[::ffff:10.0.0.1]/"}, "notice_rules_invalid", "/settings/url"),
        ("slack", {"url": "https://2130706433/"}, "notice_rules_invalid", "/settings/url"),
        ("slack", {"url": "file:///etc/passwd"}, "notice_rules_invalid", "/settings/url"),
        ("slack", {"url": HOOK, "colour": "red"}, "notice_rules_invalid", "/settings/colour"),
        ("email", {"addresses": "ada"}, "notice_rules_invalid", "/settings/addresses"),
        (
            "email",
            {"addresses": "ada@example.com\nBcc: eve@example.com"},
            "notice_rules_invalid",
            "/settings/addresses",
        ),
        ("webhook", {"url": HOOK, "secret": "mine"}, "notice_rules_invalid", "/settings/secret"),
    ],
)
async def test_bad_target_is_refused(
    desk: Desk, channel: str, settings: dict[str, str], code: str, pointer: str
) -> None:
    body: dict[str, Any] = {"chain_id": str(desk.chain_id), "channel": channel, "settings": settings}
    reply = await desk.call("POST", "/notices/test", **body)
    assert (reply.status, reply.data["code"]) == (422, code)
    assert [fault["pointer"] for fault in reply.data["errors"]] == [pointer]
    assert "very-secret" not in str(reply.data)


async def test_tests_are_limited(desk: Desk) -> None:
    for _ in range(10):
        await try_target(desk, "slack", {"url": HOOK})
    body: dict[str, Any] = {"chain_id": str(desk.chain_id), "channel": "slack", "settings": {"url": HOOK}}
    reply = await desk.call("POST", "/notices/test", **body)
    assert (reply.status, reply.data["code"]) == (503, "notice_tests_limited")
    assert 1 <= int(reply.headers["retry-after"]) <= 60


async def test_other_chains_and_keys_see_nothing(desk: Desk) -> None:
    made = await try_target(desk, "slack", {"url": HOOK})
    stranger = await desk.with_new_key(chains=frozenset({uuid4()}))
    assert (await stranger.good("GET", "/notices"))["items"] == []
    assert (await stranger.good("GET", f"/notices?chain_id={desk.chain_id}"))["items"] == []
    body: dict[str, Any] = {"chain_id": str(desk.chain_id), "channel": "slack", "settings": {"url": HOOK}}
    reply = await stranger.call("POST", "/notices/test", **body)
    assert (reply.status, reply.data["code"]) == (404, "notice_chain_not_found")
    reader = await desk.with_new_key(permissions=frozenset({"notices:read"}))
    assert (await reader.good("GET", "/notices"))["items"] == [made]
    assert (await reader.call("POST", "/notices/test", **body)).status == 403
    assert (await reader.call("GET", "/mails")).status == 403


async def test_notices_are_paged_and_filtered(desk: Desk) -> None:
    made = [await try_target(desk, "slack", {"url": HOOK}) for _ in range(3)]
    first = await desk.good("GET", "/notices?limit=2&news=notice_tested")
    assert [one["id"] for one in first["items"]] == [made[2]["id"], made[1]["id"]]
    rest = await desk.good("GET", f"/notices?limit=2&after={first['next']}")
    assert [one["id"] for one in rest["items"]] == [made[0]["id"]]
    assert (await desk.good("GET", "/notices?news=run_failed"))["items"] == []


async def test_mails_are_listed_by_chain(desk: Desk) -> None:
    about_a_user = MailMessage("ada@example.com", "Set a new password", ("A line.",))
    async with desk.resources.database.session() as session:
        await send_mail(session, desk.resources, [about_a_user])
    await try_target(desk, "email", {"addresses": "ops@example.com"})
    (mail,) = (await desk.good("GET", "/mails"))["items"]
    assert (mail["recipient"], mail["state"], mail["chain_id"]) == ("ops@example.com", "waiting", str(desk.chain_id))
    assert (await desk.good("GET", "/mails?state=sent"))["items"] == []
