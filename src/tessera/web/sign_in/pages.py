"""Sign-in: quiet, one column, and silent on whether an account exists."""

import hmac
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie

from tessera.platform.auth import SignInDelayedError, sign_in, sign_out
from tessera.web.headers import is_secure
from tessera.web.visits import (
    ANYONE,
    CHAIN_COOKIE,
    SIGNED_IN,
    THEME_COOKIE,
    THEMES,
    FormExpiredError,
    PageVisit,
    Visit,
    session_cookie,
    visitor_of,
)

FORM_COOKIE = "tessera_sign_in"
REFUSED = "The address or the password is wrong. Check both and try again."
YEAR = 365 * 86_400


@get("/sign-in", permission=ANYONE)
async def show_sign_in(visit: PageVisit) -> Response[Any]:
    """Show the form; who is signed in already goes on."""
    if visit.signed_in is not None:
        return visit.go(local_path(visit.request.query_params.get("next")))
    return show_form(visit)


@post("/sign-in", permission=ANYONE)
async def sign_in_user(visit: PageVisit) -> Response[Any]:
    """Open a session, or say why not in the same words for everybody."""
    form = await visit.form()
    check_form_cookie(visit, form.get("form_token", ""))
    ground, email = visit.ground, form.get("email", "")
    try:
        token = await sign_in(
            visit.session,
            ground.keys,
            visitor_of(visit.request, ground.settings),
            email=email,
            password=form.get("password", ""),
            now=visit.now,
        )
    except SignInDelayedError as error:
        return show_form(visit, email=email, message=error.message, status=429)
    if token is None:
        return show_form(visit, email=email, message=REFUSED, status=422)
    return visit.go(local_path(form.get("next")), cookies=[session_of(visit, token), Cookie(FORM_COOKIE, max_age=0)])


@post("/sign-out", permission=SIGNED_IN)
async def sign_out_user(visit: PageVisit) -> Response[None]:
    """End the session."""
    if visit.signed_in is not None:
        await sign_out(visit.session, visit.signed_in)
    return visit.go("/sign-in", notice="signed_out", cookies=[session_of(visit, "", max_age=0)])


@post("/chain", permission=SIGNED_IN)
async def choose_chain(visit: PageVisit) -> Response[None]:
    """Remember in this browser which chain lists show, and go to the home page: other pages may not exist there."""
    form = await visit.form()
    chosen = form.get("chain", "")
    known = chosen if any(str(chain.id) == chosen for chain in visit.chains) else ""
    cookie = Cookie(CHAIN_COOKIE, value=known, max_age=YEAR if known else 0, httponly=True, samesite="lax")
    return visit.go("/", cookies=[cookie])


@post("/theme", permission=SIGNED_IN)
async def change_theme(visit: PageVisit) -> Response[None]:
    """Remember the theme in this browser; any other word follows the system."""
    form = await visit.form()
    theme = form.get("theme", "")
    chosen = theme if theme in THEMES else ""
    cookie = Cookie(THEME_COOKIE, value=chosen, max_age=YEAR if chosen else 0, httponly=True)
    return visit.go(local_path(form.get("next")), cookies=[cookie])


def show_form(visit: Visit, *, email: str = "", message: str | None = None, status: int = 200) -> Response[str]:
    """Show the form with what was typed. Its token is in a cookie as well, which no other site can read or send."""
    token = visit.request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    page = visit.page(
        "sign_in/templates/sign_in.html",
        status=status,
        email=email,
        message=message,
        form_token=token,
        next=local_path(visit.request.query_params.get("next")),
    )
    secure = is_secure(visit.ground.settings)
    page.set_cookie(Cookie(FORM_COOKIE, value=token, httponly=True, samesite="strict", secure=secure))
    return page


def check_form_cookie(visit: Visit, token: str) -> None:
    """Refuse a form that our own page did not show."""
    cookie = visit.request.cookies.get(FORM_COOKIE, "")
    if not token or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise FormExpiredError("The sign-in form has expired. Open the sign-in page again.")


def session_of(visit: Visit, token: str, *, max_age: int | None = None) -> Cookie:
    """Return the cookie of the session; the server decides when it ends."""
    settings = visit.ground.settings
    return Cookie(
        session_cookie(settings),
        value=token,
        httponly=True,
        samesite="lax",
        secure=is_secure(settings),
        max_age=max_age,
    )


def local_path(path: str | None) -> str:
    """Return a path of ours; anything that could lead to another host becomes the home page."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path
