"""Copies of definitions: nothing runs twice, and the same people are notified."""

from datetime import timedelta

from tests.builders.house import ACTOR, SmallHouse, create_export, create_members

from tessera import exports
from tessera.exports import timing
from tessera.notifications.notices.rules import open_target
from tessera.platform.calendar import Schedule
from tessera.platform.clock import now
from tessera.platform.schedules import Policies

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoaXJ0eS10d28gYnl0ZXM="
RULES = {
    "error": {"enabled": True, "addresses": ["ops@example.com"]},
    "targets": [
        {"channel": "webhook", "lists": ["error"], "settings": {"url": "https://hooks.example.com/", "secret": SECRET}},
        {"channel": "heartbeat", "settings": {"url": "https://ping.example.com/1"}},
    ],
}


async def test_copy_tells_the_same_and_runs_by_nothing(house: SmallHouse) -> None:
    definition = await create_export(house, await create_members(house.database, 1), "http://127.0.0.1:9")
    keys, often, policies = house.resources.keys, Schedule(cron="*/15 * * * *"), Policies(pause_after=3)
    async with house.database.session() as session:
        await timing.set_schedule(
            session, ACTOR, house.resources, definition_id=definition.id, schedule=often, policies=policies
        )
        await timing.set_notice_rules(session, ACTOR, house.resources, definition_id=definition.id, given=RULES)
        made = await exports.copy_definition(session, ACTOR, definition_id=definition.id, keys=keys, now=now())
        found = await timing.get_schedule(session, ACTOR, definition_id=made.id)
        upcoming = await timing.list_upcoming_runs(session, ACTOR)
    assert found is not None
    assert (found.schedule.cron, found.schedule.enabled, found.policies) == (often.cron, False, policies)
    assert [each[0] for each in upcoming] == [definition.id]
    assert upcoming[0][1] - now() < timedelta(minutes=15)

    hook, heartbeat = made.notices.targets
    assert made.notices.error.addresses == ("ops@example.com",)
    assert (hook.enabled, open_target(hook, keys)["secret"]) == (True, SECRET)
    assert not heartbeat.enabled
    assert {hook.id, heartbeat.id}.isdisjoint(target.id for target in definition.notices.targets)
