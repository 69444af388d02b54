"""What the pages in front of the door share: a form token in a cookie, the cookies of a sign-in, and where it leads."""

import hmac
import secrets
from typing import Any
from urllib.parse import quote

from litestar import Response

from tessera.access.sign_in import SignIn
from tessera.web.cookies import end_cookie, find_cookie, make_cookie
from tessera.web.visitors import MARK_COOKIE, SESSION_COOKIE, FormExpiredError
from tessera.web.visits import Visit

FORM_COOKIE = "tessera_sign_in"
STEP_COOKIE = "tessera_second_step"
YEAR = 365 * 86_400


def show_door(visit: Visit, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """Show a form to a visitor who is not signed in. Its token is in a cookie too, which no other site can read."""
    settings = visit.resources.settings
    token = find_cookie(visit.request.cookies, settings, FORM_COOKIE) or secrets.token_urlsafe(32)
    page = visit.page(f"sign_in/templates/{template}", status=status, form_token=token, **context)
    page.set_cookie(make_cookie(settings, FORM_COOKIE, token, samesite="strict"))
    return page


def check_form_cookie(visit: Visit, token: str) -> None:
    """Refuse a form that our own page did not show."""
    cookie = find_cookie(visit.request.cookies, visit.resources.settings, FORM_COOKIE)
    if not token or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise FormExpiredError("The sign-in form has expired. Open the sign-in page again.")


def let_in(visit: Visit, opened: SignIn, target: str) -> Response[None]:
    """Go on with what a proof has opened: the page that was asked for, or the question for a code."""
    settings = visit.resources.settings
    if not opened.complete:
        cookie = make_cookie(settings, STEP_COOKIE, opened.token)
        return visit.go(f"/sign-in/code?next={quote(target, safe='/')}", cookies=[cookie])
    cookies = [
        make_cookie(settings, SESSION_COOKIE, opened.token),
        make_cookie(settings, MARK_COOKIE, opened.mark or "", max_age=YEAR),
        end_cookie(settings, FORM_COOKIE),
        end_cookie(settings, STEP_COOKIE),
    ]
    return visit.go(target, cookies=cookies)


def local_path(path: str | None) -> str:
    """Return a path of ours; anything that could lead to another host becomes the home page."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path
