"""Sending a test to a target that is typed, stored or not; nothing else is saved."""

import re
from typing import Any

from litestar import Response

from tessera import notifications
from tessera.notifications import NoticeRules
from tessera.platform.errors import TesseraError
from tessera.web.exports import notice_fields
from tessera.web.exports.details import Editing, show_step
from tessera.web.exports.drafts import SCHEDULE
from tessera.web.forms import Form, faults_of
from tessera.web.visits import Visit

ASKED = re.compile(rf"test-(\d{{1,4}})-{notice_fields.TARGET}")


def test_of(form: Form) -> str | None:
    """Return the number of the row whose button sent the form; None where it was another."""
    asked = ASKED.fullmatch(form.get("do"))
    return asked[1] if asked else None


async def test_target(visit: Visit, editing: Editing, form: Form) -> Response[Any]:
    """Have a test sent, and say so in place, or on the page with what was typed."""
    tone, words = "running", ""
    try:
        words = await send_test(visit, editing, form)
    except TesseraError as error:
        tone, words = "needs", " ".join(faults_of(error).values())
    tested = {"tone": tone, "words": words}
    async with visit.resources.database.session() as session:
        visit.session = session
        if visit.request.headers.get("HX-Request"):
            return visit.fragment("exports/templates/target_tested.html", tested=tested)
        shown = notice_fields.without_secrets(Form(form.fields))
        return await show_step(visit, editing, SCHEDULE, form=shown, tested=tested)


async def send_test(visit: Visit, editing: Editing, form: Form) -> str:
    """Hand the test over to a worker; return what to tell."""
    start = f"{notice_fields.TARGET}-{test_of(form)}-"
    row = {name.removeprefix(start): form.get(name) for name in form if name.startswith(start)}
    stored = editing.definition.notices if editing.definition else NoticeRules()
    given = notice_fields.make_target({"channel": "", **row})
    async with visit.resources.database.session() as session:
        kept = await notifications.send_test_notice(
            session,
            visit.actor,
            visit.resources,
            editing.chain_id,
            channel=given["channel"],
            settings=given["settings"],
            known=next((each for each in stored.targets if str(each.id) == given.get("id")), None),
        )
    names = ", ".join(dict.fromkeys(each.recipient for each in kept.deliveries))
    return f"A test is on its way to {names}. Look there whether it arrives."
