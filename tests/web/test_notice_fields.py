"""Who is notified, on the step Schedule: addresses, further targets with their secrets, tests of them."""

import re

from tests.web.test_export_pages import ACTOR, Desk, desk
from tests.web.test_run_pages import words

from tessera import notifications
from tessera.exports import Definition
from tessera.notifications import NoticeFilter

__all__ = ["desk"]

HOOK = "https://hooks.example.com/notices"


def target(number: int, channel: str, **settings: str) -> dict[str, str]:
    """Return the fields of a new target that is notified about errors."""
    start = f"target-{number}-"
    given = {f"{start}{channel}_{name}": value for name, value in settings.items()}
    return {f"{start}channel": channel, f"{start}enabled": "true", f"{start}error": "true", **given}


async def send(desk: Desk, path: str = "schedule", **fields: str) -> tuple[int, str]:
    """Send the step; return status and page."""
    token = await desk.owner.token()
    answer = await desk.owner.post(f"{desk.own}/{path}", csrf_token=token, **{"step": "save", **fields})
    return answer.status_code, answer.text


def again(definition: Definition, **changed: str) -> dict[str, str]:
    """Return the fields of the one target that is stored, as its page shows them."""
    (kept,) = definition.notices.targets
    fields = target(0, kept.channel, **kept.settings)
    return {**fields, "target-0-id": str(kept.id), "target-0-label": kept.label, **changed}


async def test_addresses_are_stored_and_named_in_the_summary(desk: Desk) -> None:
    fields = {"error": "true", "error_addresses": "ops@example.com, ada@example.com"}
    assert (await send(desk, **fields))[0] == 303
    rules = (await desk.stored()).notices
    assert (rules.error.enabled, rules.error.addresses) == (True, ("ops@example.com", "ada@example.com"))
    assert not rules.success.enabled
    assert "On error: ops@example.com, ada@example.com" in await desk.read(f"{desk.own}/schedule")


async def test_addresses_of_a_hidden_field_stay(desk: Desk) -> None:
    await send(desk, success="true", success_addresses="ada@example.com")
    await send(desk)
    rules = (await desk.stored()).notices.success
    assert (rules.enabled, rules.addresses) == (False, ("ada@example.com",))


async def test_every_fault_is_beside_its_field(desk: Desk) -> None:
    fields = {
        "error": "true",
        "error_addresses": "ada",
        "success": "true",
        "enabled": "true",
        "recurrence": "once",
        "zone": "UTC",
        **target(0, "slack", url="hooks"),
        **target(1, "webhook"),
    }
    del fields["target-1-error"]
    status, page = await send(desk, **fields)
    assert status == 422
    beside = re.findall(r'class="field-error" id="([^"]+)-words"', page)
    assert sorted(beside) == [
        "error_addresses",
        "once_at",
        "success_addresses",
        "target-0-slack_url",
        "target-1-lists",
        "target-1-webhook_url",
    ]
    assert "New target, Webhook URL" in page


async def test_drawn_secret_is_shown_once(desk: Desk) -> None:
    status, page = await send(desk, **target(0, "webhook", url=HOOK))
    (secret,) = re.findall(r"<code[^>]*>(whsec_[^<]+)</code>", page)
    assert status == 200
    assert f'data-copy="{secret}"' in page
    later = (await desk.owner.get(f"{desk.own}/schedule")).text
    assert secret not in later
    assert "Set; type to replace it." in later
    assert HOOK in later


async def test_secret_that_is_left_out_stays(desk: Desk) -> None:
    await send(desk, **target(0, "slack", url=HOOK, form="text"))
    before = (await desk.stored()).notices.targets[0]
    assert (await send(desk, **again(await desk.stored(), **{"target-0-label": "Night desk"})))[0] == 303
    after = (await desk.stored()).notices.targets[0]
    assert (after.label, after.secrets) == ("Night desk", before.secrets)
    assert HOOK not in (await desk.owner.get(f"{desk.own}/schedule")).text


async def test_saving_nothing_new_changes_nothing(desk: Desk) -> None:
    await send(desk, **target(0, "slack", url=HOOK, form="text"))
    version = (await desk.stored()).version
    await send(desk, **again(await desk.stored()))
    assert (await desk.stored()).version == version


async def test_removed_target_is_gone(desk: Desk) -> None:
    await send(desk, **target(0, "slack", url=HOOK))
    await send(desk, **again(await desk.stored(), **{"target-0-remove": "true"}))
    assert (await desk.stored()).notices.targets == ()


async def test_secret_that_was_typed_is_never_shown_again(desk: Desk) -> None:
    _, page = await send(desk, **target(0, "slack", url=HOOK), error="true", error_addresses="ada")
    assert HOOK not in page


async def test_test_goes_to_a_target_before_it_is_saved(desk: Desk) -> None:
    page = (await send(desk, "schedule/look", **target(3, "slack", url=HOOK), do="test-3-target"))[1]
    assert "A test is on its way to" in words(page)
    assert (await desk.stored()).notices.targets == ()


async def test_test_of_a_stored_target_uses_its_secret(desk: Desk) -> None:
    await send(desk, **target(0, "slack", url=HOOK))
    page = (await send(desk, "schedule/look", **again(await desk.stored()), do="test-0-target"))[1]
    assert "A test is on its way to" in words(page)
    async with desk.site.house.database.session() as session:
        keys = desk.site.house.resources.keys
        (kept,) = await notifications.list_notices(session, ACTOR, keys, NoticeFilter())
    assert kept.news == "notice_tested"


async def test_test_without_an_address_says_what_is_missing(desk: Desk) -> None:
    page = (await send(desk, "schedule/look", **target(0, "slack"), do="test-0-target"))[1]
    assert "Webhook URL is missing" in words(page)


async def test_thresholds_are_stored(desk: Desk) -> None:
    await send(desk, refused_percent="5", run_minutes="30", least_rows="10", most_rows="2000")
    found = (await desk.stored()).thresholds
    assert (found.refused_percent, found.seconds, found.least_rows, found.most_rows) == (5, 1800, 10, 2000)
