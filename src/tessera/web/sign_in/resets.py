"""A forgotten password: the link is asked for here and leads here. The token goes from the address into a cookie."""

from typing import Any

from litestar import Response, get, post

from tessera.access.passwords import UserInvalidError
from tessera.access.sign_in import (
    ResetInvalidError,
    SignInDelayedError,
    ask_reset,
    can_reset,
    is_reset_live,
    redeem_reset,
)
from tessera.platform.errors import ConflictError
from tessera.web.cookies import end_cookie, find_cookie, make_cookie
from tessera.web.forms import faults_of
from tessera.web.sign_in.doors import check_form_cookie, show_door
from tessera.web.visitors import visitor_of
from tessera.web.visits import ANYONE, PageVisit, Visit

RESET_COOKIE = "tessera_reset"
HOUR = 3600


class ResetOffError(ConflictError):
    """This deployment cannot replace a forgotten password by mail."""

    code = "password_reset_off"


@get("/forgot-password", permission=ANYONE)
async def show_forgotten(visit: PageVisit) -> Response[Any]:
    """Ask for the address, or say that this deployment sends no mail."""
    return show_question(visit)


@post("/forgot-password", permission=ANYONE)
async def ask_for_link(visit: PageVisit) -> Response[Any]:
    """Have a link sent if the address has a user, and say the same to all."""
    form = await visit.form()
    check_form_cookie(visit, form.get("form_token"))
    require_resets(visit)
    email = form.get("email")
    if "@" not in email.strip() or len(email) > 254 or not email.strip().isprintable():
        return show_question(visit, email=email[:254], fault="Write the address as name@example.com.", status=422)
    visitor = visitor_of(visit.request, visit.resources.settings)
    try:
        await ask_reset(visit.session, visit.resources, visitor, email=email, now=visit.now)
    except SignInDelayedError as error:
        message = error.message.replace("failed sign-ins", "requests")
        return show_question(visit, email=email, message=message, status=429)
    return show_door(visit, "link_sent.html", email=email.strip())


@get("/reset-password", permission=ANYONE)
async def show_reset(visit: PageVisit) -> Response[Any]:
    """Take the token out of the address, so that it ends up in no history, log or `Referer`; then show the form."""
    token = visit.request.query_params.get("token")
    settings = visit.resources.settings
    if token is not None:
        cookie = make_cookie(settings, RESET_COOKIE, token[:100] if token.isascii() else "", max_age=HOUR)
        return visit.go("/reset-password", cookies=[cookie])
    token = find_cookie(visit.request.cookies, settings, RESET_COOKIE)
    live = bool(token) and await is_reset_live(visit.session, visit.resources.keys, token, now=visit.now)
    return show_door(visit, "reset.html", live=live, fault="", status=200 if live else 403)


@post("/reset-password", permission=ANYONE)
async def set_password(visit: PageVisit) -> Response[Any]:
    """Set the new password, end every session of the user, and lead to the sign-in."""
    form = await visit.form()
    check_form_cookie(visit, form.get("form_token"))
    require_resets(visit)
    visitor = visitor_of(visit.request, visit.resources.settings)
    token = find_cookie(visit.request.cookies, visit.resources.settings, RESET_COOKIE)
    password = form.get("password")
    if password != form.get("again"):
        fault = "The two passwords differ. Type the same one twice."
        return show_door(visit, "reset.html", live=True, fault=fault, status=422)
    try:
        await redeem_reset(visit.session, visit.resources, visitor, token=token, password=password, now=visit.now)
    except UserInvalidError as error:
        return show_door(visit, "reset.html", live=True, fault=faults_of(error).get("password", ""), status=422)
    except ResetInvalidError:
        return show_door(visit, "reset.html", live=False, fault="", status=403)
    return visit.go("/sign-in", notice="password_reset", cookies=[end_cookie(visit.resources.settings, RESET_COOKIE)])


def show_question(
    visit: Visit, *, email: str = "", message: str | None = None, fault: str = "", status: int = 200
) -> Response[str]:
    """Show the form for the address."""
    on = can_reset(visit.resources.settings)
    return show_door(visit, "forgot.html", status=status, on=on, email=email, message=message, fault=fault)


def require_resets(visit: Visit) -> None:
    """Raise where a password cannot be replaced by mail."""
    if not can_reset(visit.resources.settings):
        raise ResetOffError("This deployment cannot send you a link. Ask an administrator for a new password.")
