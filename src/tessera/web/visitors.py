"""Who asks, as far as a request alone tells: the session that its cookie opens, its origin, its browser."""

import hmac
from datetime import datetime, timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import State

from tessera.platform.auth import UserSession, Visitor, find_session
from tessera.platform.db import Session
from tessera.platform.errors import DeniedError
from tessera.platform.ground import Ground
from tessera.platform.settings import Settings
from tessera.web.headers import is_secure
from tessera.web.origins import find_origin

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Left with a browser after a sign-in: strangers who fail on purpose do not lock its user out.
MARK_COOKIE = "tessera_browser"

AnyRequest = Request[Any, Any, State]


class FormExpiredError(DeniedError):
    """A form came without the token of its session."""

    code = "form_expired"


async def find_signed_in(request: AnyRequest, ground: Ground, session: Session, now: datetime) -> UserSession | None:
    """Return the session that the browser's cookie opens."""
    token = request.cookies.get(session_cookie(ground.settings))
    if not token:
        return None
    return await find_session(session, ground.keys, token, now=now, lifetime=lifetime_of(ground.settings))


async def check_token(request: AnyRequest, signed_in: UserSession) -> None:
    """Refuse what changes something unless it carries the session's token: another site could have sent it."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get("X-CSRF-Token") or (await read_form(request)).get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), signed_in.csrf_token.encode()):
        raise FormExpiredError("This form has expired. Go back, reload the page and send it again.")


async def read_form(request: AnyRequest) -> dict[str, str]:
    """Return the fields of the form that was sent; of a repeated one the last."""
    fields = await request.form()
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def session_cookie(settings: Settings) -> str:
    """Return the cookie's name; with https browsers let nobody but this very host set it."""
    return "__Host-tessera_session" if is_secure(settings) else "tessera_session"


def lifetime_of(settings: Settings) -> timedelta:
    """Return how long a sign-in lasts without use."""
    return timedelta(hours=settings.session_hours)


def client_address(request: AnyRequest, settings: Settings) -> str | None:
    """Return the address that the request came from."""
    peer = request.client.host if request.client else None
    return find_origin(peer, request.headers.get("X-Forwarded-For"), settings.trusted_proxies)


def visitor_of(request: AnyRequest, settings: Settings) -> Visitor:
    """Return who knocks."""
    return Visitor(
        client_address(request, settings),
        request.headers.get("User-Agent"),
        lifetime_of(settings),
        request.cookies.get(MARK_COOKIE),
    )
