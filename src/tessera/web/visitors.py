"""Who asks, as far as a request alone tells: the session that its cookie opens, its origin, its browser."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import State

from tessera.access.users import UserSession, Visitor, find_session
from tessera.platform.db import Session
from tessera.platform.errors import DeniedError
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings
from tessera.web.cookies import find_cookie
from tessera.web.forms import Form, make_form
from tessera.web.origins import find_origin, is_own_origin

SESSION_COOKIE = "tessera_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Left with a browser after a sign-in: strangers who fail on purpose do not lock its user out.
MARK_COOKIE = "tessera_browser"

AnyRequest = Request[Any, Any, State]


class ForeignFormError(DeniedError):
    """A form came from a page of another site."""

    code = "form_foreign"


class FormExpiredError(DeniedError):
    """A form came without the token of its session."""

    code = "form_expired"


async def find_signed_in(
    request: AnyRequest, resources: Resources, session: Session, now: datetime
) -> UserSession | None:
    """Return the session that the browser's cookie opens."""
    token = find_cookie(request.cookies, resources.settings, SESSION_COOKIE)
    if not token:
        return None
    return await find_session(session, resources.keys, token, now=now, lifetime=lifetime_of(resources.settings))


def check_origin(request: AnyRequest, settings: Settings) -> None:
    """Refuse what a page of another site sends, whatever token it holds. Only browsers name an origin."""
    origin = request.headers.get("Origin")
    if origin is not None and not is_own_origin(origin, request.headers.get("Host", ""), settings.public_url):
        raise ForeignFormError(
            f"This form was sent from {origin[:100]}, which is not the address of this deployment. Open the page here"
            " and send it again. If that is its address, an administrator sets TESSERA_PUBLIC_URL to it."
        )


async def check_token(request: AnyRequest, signed_in: UserSession) -> None:
    """Refuse what changes something unless it carries the session's token: another site could have sent it."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get("X-CSRF-Token") or (await read_form(request)).get("csrf_token")
    if not hmac.compare_digest(given.encode(), signed_in.csrf_token.encode()):
        raise FormExpiredError("This form has expired. Go back, reload the page and send it again.")


async def read_form(request: AnyRequest) -> Form:
    """Return the form that was sent."""
    sent = await request.form()
    return make_form(list(sent.items()))


def lifetime_of(settings: Settings) -> timedelta:
    """Return how long a sign-in lasts without use."""
    return timedelta(hours=settings.session_hours)


def client_address(request: AnyRequest, settings: Settings) -> str | None:
    """Return the address that the request came from."""
    peer = request.client.host if request.client else None
    return find_origin(peer, request.headers.get("X-Forwarded-For"), settings.trusted_proxies)


def visitor_of(request: AnyRequest, settings: Settings) -> Visitor:
    """Return the visitor: origin, browser, and how long a sign-in lasts."""
    return Visitor(
        client_address(request, settings),
        request.headers.get("User-Agent"),
        lifetime_of(settings),
        find_cookie(request.cookies, settings, MARK_COOKIE) or None,
    )
