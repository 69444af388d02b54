"""One visit: who asks, in which transaction, and how a page answers. Checked here, before any page's own code runs."""

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.handlers import BaseRouteHandler

from tessera import loyalty
from tessera.loyalty import Chain
from tessera.platform.auth import Actor, UserSession, Visitor, find_session
from tessera.platform.db import Session
from tessera.platform.errors import ConflictError, DeniedError
from tessera.platform.ground import Ground
from tessera.platform.http import OutboundClient
from tessera.platform.settings import Settings
from tessera.queries import QueryEngine
from tessera.web.assets import load_assets
from tessera.web.headers import is_secure
from tessera.web.navigation import visible_sections
from tessera.web.notices import NOTICES, Notice
from tessera.web.origins import find_origin
from tessera.web.rendering import render

ANYONE = "anyone"
SIGNED_IN = "signed in"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
THEMES = ("light", "dark")
THEME_COOKIE = "tessera_theme"
CHAIN_COOKIE = "tessera_chain"
NOTICE_COOKIE = "tessera_notice"

AnyRequest = Request[Any, Any, State]


class SignInNeededError(DeniedError):
    """The page is for signed-in users."""

    code = "sign_in_needed"


class FormExpiredError(DeniedError):
    """A form came without the token of its session."""

    code = "form_expired"


class ChainNeededError(ConflictError):
    """The page works within a chain, and there is none that the user sees."""

    code = "chain_needed"


@dataclass
class Visit:
    """A request for a page, inside its one transaction. `chains` are those that the user sees, by name."""

    request: AnyRequest
    ground: Ground
    session: Session
    signed_in: UserSession | None
    now: datetime
    chains: Sequence[Chain] = ()

    @cached_property
    def actor(self) -> Actor:
        """The signed-in user as an actor."""
        if self.signed_in is None:
            raise SignInNeededError("Sign in to see this page.")
        return self.signed_in.user.act(origin=client_address(self.request, self.ground.settings))

    @property
    def engine(self) -> QueryEngine:
        """What runs queries."""
        engine: QueryEngine = self.request.app.state.engine
        return engine

    @property
    def client(self) -> OutboundClient:
        """What calls other machines."""
        client: OutboundClient = self.request.app.state.client
        return client

    @property
    def chosen(self) -> Chain | None:
        """The chain that lists and new things belong to: chosen in the top bar, else the first."""
        wanted = self.request.cookies.get(CHAIN_COOKIE, "")
        return next((chain for chain in self.chains if str(chain.id) == wanted), next(iter(self.chains), None))

    @property
    def chain(self) -> Chain:
        """The chosen chain, where the page cannot do without one."""
        if self.chosen is None:
            raise ChainNeededError(
                "There is no chain that you see yet. Create one, or ask an administrator for access."
            )
        return self.chosen

    async def fields(self) -> list[tuple[str, str]]:
        """Return the fields of the form that was sent, in order, repeated ones as often as they came."""
        sent = await self.request.form()
        return [(name, value) for name, value in sent.multi_items() if isinstance(value, str)]

    async def form(self) -> dict[str, str]:
        """Return the fields of the form that was sent; of a repeated one the last."""
        fields = await self.request.form()
        return {name: value for name, value in fields.items() if isinstance(value, str)}

    def page(
        self, template: str, /, *, status: int = 200, notice: Notice | None = None, **context: Any
    ) -> Response[str]:
        """Answer with a page. A notice left by the action before is shown once."""
        waiting = NOTICES.get(self.request.cookies.get(NOTICE_COOKIE, ""))
        values = {**self.frame(), "now": self.now, "notice": notice or waiting, **context}
        cookies = [Cookie(NOTICE_COOKIE, value="", max_age=0)] if waiting else []
        return Response(render(template, values), media_type=MediaType.HTML, status_code=status, cookies=cookies)

    def fragment(self, template: str, /, **context: Any) -> Response[str]:
        """Answer with a part of a page; a waiting notice stays for the next whole page."""
        values = {**self.frame(), "now": self.now, **context}
        return Response(render(template, values), media_type=MediaType.HTML)

    def frame(self) -> dict[str, Any]:
        """Return what the layout shows around this page."""
        return {**frame_of(self.request, self.signed_in), "chains": self.chains, "chain": self.chosen}

    def go(self, path: str, *, notice: str | None = None, cookies: list[Cookie] | None = None) -> Response[None]:
        """Answer with the address of the page to see next, and leave it a notice."""
        given = list(cookies or ())
        if notice:
            given.append(Cookie(NOTICE_COOKIE, value=notice, max_age=60, httponly=True))
        return Response(None, status_code=303, headers={"Location": path}, cookies=given)


PageVisit = NamedDependency[Visit]


async def provide_visit(request: AnyRequest, state: State) -> AsyncIterator[Visit]:
    """Open the request's transaction, which commits when the page is ready, and let in only who may see the page.

    A page that declares `in_transaction=False` waits for somebody else's machine: its visit's transaction has ended
    already, and it opens others from the ground around the wait.
    """
    ground: Ground = state.ground
    async with ground.database.session() as session:
        visit = await admit(request, ground, session)
        if request.route_handler.opt.get("in_transaction", True):
            yield visit
            return
    yield visit


async def admit(request: AnyRequest, ground: Ground, session: Session) -> Visit:
    """Return the visit of somebody who may see the page, or raise."""
    now = ground.clock()
    signed_in = await find_signed_in(request, ground, session, now)
    request.scope["user"] = signed_in  # error pages show the frame of whoever asks
    visit = Visit(request, ground, session, signed_in, now)
    permission = needed_permission(request.route_handler)
    if permission != ANYONE:
        if permission != SIGNED_IN:
            visit.actor.require(permission)
        await check_form(visit)
        visit.chains = await loyalty.list_chains(session, visit.actor)
    return visit


def needed_permission(handler: BaseRouteHandler) -> str:
    """Return what the route declares; one that declares nothing is a defect, caught when the pages are built."""
    return str(handler.opt["permission"])


async def find_signed_in(request: AnyRequest, ground: Ground, session: Session, now: datetime) -> UserSession | None:
    """Return the session that the browser's cookie opens."""
    token = request.cookies.get(session_cookie(ground.settings))
    if not token:
        return None
    return await find_session(session, ground.keys, token, now=now, lifetime=lifetime_of(ground.settings))


async def check_form(visit: Visit) -> None:
    """Refuse what changes something unless it carries the session's token: another site could have sent it."""
    signed_in = visit.signed_in
    if signed_in is None:
        raise SignInNeededError("Sign in to see this page.")
    if visit.request.method in SAFE_METHODS:
        return
    given = visit.request.headers.get("X-CSRF-Token") or (await visit.form()).get("csrf_token", "")
    if not hmac.compare_digest(given.encode(), signed_in.csrf_token.encode()):
        raise FormExpiredError("This form has expired. Go back, reload the page and send it again.")


def frame_of(request: AnyRequest, signed_in: UserSession | None) -> dict[str, Any]:
    """Return what the layout shows around every page."""
    theme = request.cookies.get(THEME_COOKIE)
    return {
        "assets": load_assets(),
        "path": request.url.path,
        "theme": theme if theme in THEMES else None,
        "user": signed_in.user if signed_in else None,
        "csrf_token": signed_in.csrf_token if signed_in else "",
        "sections": visible_sections(signed_in.user.act()) if signed_in else [],
        "may": signed_in.user.act().may if signed_in else (lambda _: False),
        "chains": (),
        "chain": None,
        "link": lambda **changes: link_to(request, changes),
    }


def link_to(request: AnyRequest, changes: Mapping[str, object]) -> str:
    """Return this page's address with some parameters changed; None takes one away."""
    kept = {name: value for name, value in request.query_params.items() if name not in changes}
    merged = {**kept, **{name: value for name, value in changes.items() if value is not None}}
    query = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in merged.items())
    return f"{request.url.path}?{query}" if query else request.url.path


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
    return Visitor(client_address(request, settings), request.headers.get("User-Agent"), lifetime_of(settings))
