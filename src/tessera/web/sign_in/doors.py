"""What the pages in front of the door share: a form token in a cookie, the cookies of a sign-in, and where it leads."""

import hmac
import secrets
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import Cookie

from tessera.platform.auth import SignIn
from tessera.web.headers import is_secure
from tessera.web.visitors import MARK_COOKIE, FormExpiredError, session_cookie
from tessera.web.visits import Visit

FORM_COOKIE = "tessera_sign_in"
STEP_COOKIE = "tessera_second_step"
YEAR = 365 * 86_400


def show_door(visit: Visit, template: str, *, status: int = 200, **context: Any) -> Response[str]:
    """Show a form for somebody who is not signed in. Its token is in a cookie too, which no other site can read."""
    token = visit.request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
    page = visit.page(f"sign_in/templates/{template}", status=status, form_token=token, **context)
    page.set_cookie(hidden_cookie(visit, FORM_COOKIE, token, samesite="strict"))
    return page


def check_form_cookie(visit: Visit, token: str) -> None:
    """Refuse a form that our own page did not show."""
    cookie = visit.request.cookies.get(FORM_COOKIE, "")
    if not token or not hmac.compare_digest(cookie.encode(), token.encode()):
        raise FormExpiredError("The sign-in form has expired. Open the sign-in page again.")


def let_in(visit: Visit, opened: SignIn, target: str) -> Response[None]:
    """Go on with what a proof has opened: the page that was asked for, or the question for a code."""
    if not opened.complete:
        cookie = hidden_cookie(visit, STEP_COOKIE, opened.token)
        return visit.go(f"/sign-in/code?next={quote(target, safe='/')}", cookies=[cookie])
    cookies = [
        session_of(visit, opened.token),
        hidden_cookie(visit, MARK_COOKIE, opened.mark or "", max_age=YEAR),
        Cookie(FORM_COOKIE, max_age=0),
        Cookie(STEP_COOKIE, max_age=0),
    ]
    return visit.go(target, cookies=cookies)


def session_of(visit: Visit, token: str, *, max_age: int | None = None) -> Cookie:
    """Return the cookie of the session; the server decides when it ends."""
    return hidden_cookie(visit, session_cookie(visit.ground.settings), token, max_age=max_age)


def hidden_cookie(visit: Visit, name: str, value: str, *, max_age: int | None = None, samesite: Any = "lax") -> Cookie:
    """Return a cookie that scripts cannot read and other sites cannot send along with a form."""
    secure = is_secure(visit.ground.settings)
    return Cookie(name, value=value, httponly=True, samesite=samesite, secure=secure, max_age=max_age)


def local_path(path: str | None) -> str:
    """Return a path of ours; anything that could lead to another host becomes the home page."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or not path.isprintable():
        return "/"
    return path
