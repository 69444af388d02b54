"""The overview of one's own account, and one's own password."""

from typing import Any

from litestar import Response, get, post

from tessera.access.factors import find_factor
from tessera.access.oidc import is_provider_on
from tessera.access.passwords import UserInvalidError, check_password
from tessera.access.sign_in import SignInDelayedError, change_own_password, is_own_password
from tessera.access.users import list_sessions
from tessera.web.visitors import visitor_of
from tessera.web.visits import SIGNED_IN, PageVisit, Visit

PATH = "/account"


@get(PATH, permission=SIGNED_IN)
async def show_account(visit: PageVisit) -> Response[Any]:
    """Show who one is, and how one signs in."""
    signed_in, settings = visit.own, visit.resources.settings
    return visit.page(
        "account/templates/account.html",
        own=signed_in,
        factor=await find_factor(visit.session, signed_in.user.id),
        sessions=len(await list_sessions(visit.session, signed_in.user.id, visit.now)),
        provider=settings.oidc_label if is_provider_on(settings) else None,
        by_password=settings.password_sign_in,
    )


@get(f"{PATH}/password", permission=SIGNED_IN)
async def show_password(visit: PageVisit) -> Response[Any]:
    """Show the form for a new password."""
    return show_form(visit)


@post(f"{PATH}/password", permission=SIGNED_IN)
async def change_password(visit: PageVisit) -> Response[Any]:
    """Set a new password for a user who knows the current one."""
    form = await visit.form()
    password = form.get("password")
    faults = faults_in(password, form.get("again"))
    if faults:
        return show_form(visit, faults, status=422)
    visitor = visitor_of(visit.request, visit.resources.settings)
    given = (visit.session, visit.resources, visitor, visit.own)
    try:
        if not await is_own_password(*given, password=form.get("current"), now=visit.now):
            return show_form(visit, {"current": "This is not your current password."}, status=422)
    except SignInDelayedError as error:
        return show_form(visit, {"current": error.message}, status=429)
    await change_own_password(*given, password=password, now=visit.now)
    return visit.go(PATH, notice="own_password_changed")


def faults_in(password: str, again: str) -> dict[str, str]:
    """Return what is wrong with a new password."""
    try:
        check_password(password)
    except UserInvalidError as error:
        return {"password": error.message}
    return {} if password == again else {"again": "The two passwords differ. Type the same one twice."}


def show_form(visit: Visit, faults: dict[str, str] | None = None, *, status: int = 200) -> Response[str]:
    """Show the form; what was typed into it is typed again."""
    return visit.page("account/templates/password.html", status=status, own=visit.own, faults=faults or {})
