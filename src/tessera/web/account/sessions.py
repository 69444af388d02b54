"""The browsers in which one is signed in, and ending them."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access.users import end_other_sessions, end_session, list_sessions
from tessera.web.account.browser_names import describe_browser
from tessera.web.visits import SIGNED_IN, PageVisit

PATH = "/account/sessions"


@get(PATH, permission=SIGNED_IN)
async def show_sessions(visit: PageVisit) -> Response[Any]:
    """List one's own sessions, the last used first."""
    sessions = await list_sessions(visit.session, visit.own.user.id, visit.now)
    lines = [(each, describe_browser(each.user_agent)) for each in sessions]
    return visit.page("account/templates/sessions.html", lines=lines, own=visit.own)


@post(f"{PATH}/{{session_id:uuid}}/end", permission=SIGNED_IN)
async def end_one_session(visit: PageVisit, session_id: FromPath[UUID]) -> Response[None]:
    """End one session; one's own leads to the door."""
    await end_session(visit.session, visit.actor, visit.own.user, session_id)
    if session_id == visit.own.id:
        return visit.go("/sign-in", notice="signed_out")
    return visit.go(PATH, notice="session_ended")


@post(f"{PATH}/end-others", permission=SIGNED_IN)
async def end_others(visit: PageVisit) -> Response[None]:
    """End every session but this one."""
    await end_other_sessions(visit.session, visit.actor, visit.own.user, kept=visit.own.id)
    return visit.go(PATH, notice="other_sessions_ended")
