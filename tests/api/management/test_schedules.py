"""Schedules, notices, filters and thresholds of export definitions over the management API, and rows sent again."""

from typing import Any

from tests.api.management.conftest import Desk
from tests.api.management.test_exports import Kept, kept

from tessera.exports import Definition

__all__ = ["kept"]
DAILY = {"cron": "30 6 * * 1-5", "zone": "Europe/Berlin"}


async def refused(desk: Desk, method: str, path: str, **members: Any) -> tuple[str, list[str]]:
    """Return code and pointers of a refusal."""
    reply = await desk.call(method, path, **members)
    assert reply.status == 422, reply.body
    return reply.data["code"], [fault["pointer"] for fault in reply.data["errors"]]


async def test_schedule_is_set_shown_and_cleared(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    assert (await desk.good("GET", path))["schedule"] is None
    policies = {"overlap": "after", "pause_after": 3}
    made = await desk.good("PUT", f"{path}/schedule", schedule=DAILY, policies=policies)
    shown = (await desk.good("GET", path))["schedule"]
    assert shown == made["schedule"]
    assert shown["schedule"]["cron"] == "30 6 * * 1-5"
    assert (shown["policies"]["overlap"], shown["policies"]["pause_after"]) == ("after", 3)
    assert shown["words"] == "Every Monday to Friday at 06:30 (Europe/Berlin)"
    (listed,) = (await desk.good("GET", "/export-definitions"))["items"]
    assert listed["next_execution"] == shown["next_execution"] is not None
    assert listed["last_run"]["state"] == "completed"
    times = (await desk.good("GET", f"{path}/next-executions?count=2"))["items"]
    assert [each["local"][10:16] for each in times] == ["T06:30", "T06:30"]
    off = await desk.good("PUT", f"{path}/schedule", schedule={**DAILY, "enabled": False})
    assert (off["schedule"]["state"], off["next_execution"]) == ("disabled", None)
    assert (await desk.good("GET", f"{path}/next-executions"))["items"] == []
    assert (await desk.good("PUT", f"{path}/schedule", schedule=None))["schedule"] is None


async def test_unfit_schedule_is_refused_at_its_member(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}/schedule"
    for schedule, code, member in (
        ({"cron": "61 * * * *"}, "cron_invalid", "cron"),
        ({"cron": "* * * * *"}, "cron_too_frequent", "cron"),
        ({"recurrence": "once", "once_at": "2020-01-01T00:00:00"}, "schedule_in_past", "once_at"),
        ({**DAILY, "to_date": "2020-01-01"}, "schedule_in_past", "to_date"),
        ({**DAILY, "zone": "Mars/Olympus"}, "schedule_invalid", "zone"),
    ):
        assert await refused(desk, "PUT", path, schedule=schedule) == (code, [f"/schedule/{member}"])
    late = {"started_within_seconds": 60, "finished_within_seconds": 30}
    found = await refused(desk, "PUT", path, schedule=DAILY, policies=late)
    assert found == ("schedule_invalid", ["/policies/finished_within_seconds"])


async def test_moments_and_a_pause_are_told(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    await desk.good("PUT", f"{path}/schedule", schedule=DAILY)
    assert (await desk.good("GET", f"{path}/moments"))["items"] == []
    assert (await desk.good("POST", f"{path}/schedule/resume"))["schedule"]["state"] == "active"


async def test_preview_of_a_schedule_says_when_and_warns(kept: Kept) -> None:
    desk, _, _ = kept
    composed = await desk.good(
        "POST",
        "/schedules/preview",
        composer={"interval": "month", "day": 31, "hour": 6},
        zone="Europe/Berlin",
        count=2,
    )
    assert (composed["cron"], composed["composer"]["interval"], len(composed["next"])) == ("0 6 31 * *", "month", 2)
    assert composed["warnings"][0].startswith("Nothing runs on day 31 in February")
    typed = await desk.good("POST", "/schedules/preview", cron="0 30 6 ? * MON-FRI")
    assert (typed["normal_form"], typed["warnings"]) == ("30 6 * * 1-5", [])
    once = await desk.good("POST", "/schedules/preview", once_at="2095-03-01T06:00:00", zone="Europe/Berlin")
    assert [each["local"] for each in once["next"]] == ["2095-03-01T06:00:00+01:00"]
    assert await refused(desk, "POST", "/schedules/preview", zone="UTC") == ("schedule_unclear", ["/cron"])
    leap = {"interval": "year", "month": 2, "day": 30}
    assert await refused(desk, "POST", "/schedules/preview", composer=leap) == ("schedule_invalid", ["/composer/day"])


async def test_notifications_are_replaced_and_their_secrets_shown_once(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    hook = {"channel": "webhook", "lists": ["error"], "settings": {"url": "https://hooks.example.com/x"}}
    error = {"enabled": True, "addresses": ["ada@example.com", "bo@example.com"]}
    made = await desk.good("PUT", f"{path}/notifications", error=error, targets=[hook])
    (target,) = made["notifications"]["targets"]
    assert made["secrets"][target["id"]]["secret"].startswith("whsec_")
    shown = (await desk.good("GET", path))["notifications"]
    assert shown == made["notifications"]
    assert (shown["error"], target["secrets"]["secret"]) == (error, True)
    again = await desk.good("PUT", f"{path}/notifications", **shown)
    assert (again["notifications"], again["secrets"]) == (shown, {})
    assert await refused(desk, "PUT", f"{path}/notifications", success={"enabled": True}) == (
        "notice_rules_invalid",
        ["/success/addresses"],
    )


async def test_members_are_selected_by_a_filter(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    rules = [{"column": "balance", "operator": "at_least", "values": [1]}]
    odd = await desk.call("PUT", f"{path}/filter", filter={"rules": [{**rules[0], "column": "shoe"}]})
    assert (odd.status, odd.data["errors"][0]["pointer"]) == (422, "/filter/rules/0")
    both = await desk.call("PUT", f"{path}/filter", query="members", filter={"rules": rules})
    assert (both.status, both.data["errors"][0]["pointer"]) == (422, "/filter")
    chosen = await desk.good("PATCH", path, template=await make_template(desk, definition), filter={"rules": rules})
    assert (chosen["query_id"], chosen["filter"]["rules"], chosen["filter"]["match"]) == (None, rules, "all")
    assert (await desk.good("POST", f"{path}/preview"))["rows"] == 24
    back = await desk.good("PATCH", path, query="numbers")
    assert (back["query_id"] is None, back["filter"]) == (False, None)


async def make_template(desk: Desk, definition: Definition) -> str:
    """Make a template that uses nothing but the number of a membership; return its name."""
    chain = {"chain_id": str(definition.chain_id)}
    query = await desk.good(
        "POST", "/queries", status=201, **chain, label="Numbers", text="SELECT membership_number FROM members"
    )
    template = await desk.good("GET", f"/http-templates/{definition.template_id}")
    made = await desk.good(
        "POST",
        "/http-templates",
        status=201,
        **chain,
        label="Numbers",
        query_id=query["id"],
        profile_id=template["profile_id"],
        url_path="members",
        body='{"number": "{{ membership_number }}"}',
    )
    return str(made["internal_name"])


async def test_thresholds_and_full_refresh_are_kept(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    changed = await desk.good("PATCH", path, thresholds={"refused_percent": 5, "least_rows": 10})
    assert changed["thresholds"] == {"refused_percent": 5, "seconds": None, "least_rows": 10, "most_rows": None}
    run = await desk.good("POST", f"{path}/run", status=202, full_refresh=True)
    assert (run["full_refresh"], run["parent_id"], run["scheduled_for"], run["removed"]) == (True, None, None, 0)


async def test_run_without_failures_has_nothing_to_send_again(kept: Kept) -> None:
    desk, _, run = kept
    for members in ({}, {"code": "status_422"}, {"rows": [1, 2]}):
        reply = await desk.call("POST", f"/runs/{run.id}/resend-failed", **members)
        assert (reply.status, reply.data["code"]) == (409, "nothing_failed")
