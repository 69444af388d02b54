"""One visit: who asks, in which transaction, and how a page answers. Checked here, before any page's own code runs."""

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import Cookie, State
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.handlers import BaseRouteHandler

from tessera.access import chains as access_chains
from tessera.access.chains import Chain
from tessera.access.users import UserSession
from tessera.platform.actors import Actor
from tessera.platform.callers import while_connected
from tessera.platform.db import Session
from tessera.platform.errors import ConflictError, DeniedError
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine
from tessera.web.assets import load_assets
from tessera.web.bodies import receive_form
from tessera.web.confirmation import require_fresh, settle_confirmation
from tessera.web.cookies import end_cookie, find_cookie, make_cookie
from tessera.web.forms import Form
from tessera.web.navigation import how_to_of, visible_sections
from tessera.web.notices import NOTICES, Notice
from tessera.web.page_templates import render
from tessera.web.visitors import AnyRequest, check_token, client_address, find_signed_in, read_form

T = TypeVar("T")
ANYONE = "anyone"
SIGNED_IN = "signed in"
THEMES = ("light", "dark")
THEME_COOKIE = "tessera_theme"
CHAIN_COOKIE = "tessera_chain"
NOTICE_COOKIE = "tessera_notice"


class SignInNeededError(DeniedError):
    """The page is for signed-in users."""

    code = "sign_in_needed"


class SecondFactorNeededError(DeniedError):
    """This deployment asks everybody for a second factor, and this user has none yet."""

    code = "second_factor_needed"


class ChainNeededError(ConflictError):
    """The page works within a chain, and there is none that the user sees."""

    code = "chain_needed"


@dataclass
class Visit:
    """A request for a page, inside its one transaction. `chains` are those that the user sees, by name."""

    request: AnyRequest
    resources: Resources
    session: Session
    signed_in: UserSession | None
    now: datetime
    chains: Sequence[Chain] = ()

    @cached_property
    def actor(self) -> Actor:
        """The signed-in user as an actor."""
        return self.own.user.act(origin=client_address(self.request, self.resources.settings))

    @property
    def own(self) -> UserSession:
        """The signed-in user's session, on pages about themselves."""
        if self.signed_in is None:
            raise SignInNeededError("Sign in to see this page.")
        return self.signed_in

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
        wanted = find_cookie(self.request.cookies, self.resources.settings, CHAIN_COOKIE)
        return next((chain for chain in self.chains if str(chain.id) == wanted), next(iter(self.chains), None))

    @property
    def chain(self) -> Chain:
        """The chosen chain, where the page cannot do without one."""
        if self.chosen is None:
            raise ChainNeededError(
                "There is no chain that you see yet. Create one, or ask an administrator for access."
            )
        return self.chosen

    async def while_connected(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work gives; stop it when the browser hangs up, as when a page is left."""
        return await while_connected(self.request.receive, work)

    async def form(self) -> Form:
        """Return the form that was sent."""
        return await read_form(self.request)

    def page(
        self, template: str, /, *, status: int = 200, notice: Notice | None = None, **context: Any
    ) -> Response[str]:
        """Answer with a page. A notice left by the action before is shown once."""
        waiting = NOTICES.get(find_cookie(self.request.cookies, self.resources.settings, NOTICE_COOKIE))
        values = {**self.frame(), "now": self.now, "notice": notice or waiting, **context}
        cookies = [end_cookie(self.resources.settings, NOTICE_COOKIE)] if waiting else []
        return Response(render(template, values), media_type=MediaType.HTML, status_code=status, cookies=cookies)

    def fragment(self, template: str, /, **context: Any) -> Response[str]:
        """Answer with a part of a page; a waiting notice stays for the next whole page."""
        values = {**self.frame(), "now": self.now, **context}
        return Response(render(template, values), media_type=MediaType.HTML, status_code=200)

    def frame(self) -> dict[str, Any]:
        """Return what the layout shows around this page."""
        return {**frame_of(self.request, self.signed_in), "chains": self.chains, "chain": self.chosen}

    def go(self, path: str, *, notice: str | None = None, cookies: list[Cookie] | None = None) -> Response[None]:
        """Answer with the address of the page to see next, and leave it a notice."""
        given = list(cookies or ())
        if notice:
            given.append(make_cookie(self.resources.settings, NOTICE_COOKIE, notice, max_age=60))
        return Response(None, status_code=303, headers={"Location": path}, cookies=given)


PageVisit = NamedDependency[Visit]


async def provide_visit(request: AnyRequest, state: State) -> AsyncIterator[Visit]:
    """Open the request's transaction, which commits when the page is ready, and let in only who may see the page.

    A page that declares `in_transaction=False` waits for another machine: its visit's transaction has ended
    already, and it opens others before and after the wait.
    """
    resources: Resources = state.resources
    if not await receive_form(request, resources, for_anyone=needed_permission(request.route_handler) == ANYONE):
        raise SignInNeededError("Sign in to see this page.")
    await settle_confirmation(request, resources)
    async with resources.database.session() as session:
        visit = await admit(request, resources, session)
        if request.route_handler.opt.get("in_transaction", True):
            yield visit
            return
    yield visit


async def admit(request: AnyRequest, resources: Resources, session: Session) -> Visit:
    """Return the visit of a user who may see the page, or raise."""
    now = resources.clock()
    signed_in = await find_signed_in(request, resources, session, now)
    request.scope["user"] = signed_in  # error pages show the user's frame
    visit = Visit(request, resources, session, signed_in, now)
    permission = needed_permission(request.route_handler)
    if permission != ANYONE:
        if permission != SIGNED_IN:
            visit.actor.require(permission)
        await check_session(visit)
        visit.chains = await access_chains.list_chains(session, visit.actor)
    return visit


def needed_permission(handler: BaseRouteHandler) -> str:
    """Return what the route declares; one that declares nothing is a defect, caught when the pages are built."""
    return str(handler.opt["permission"])


async def check_session(visit: Visit) -> None:
    """Refuse a form without the session's token, what a recent sign-in must precede, and who owes a second factor."""
    signed_in, settings = visit.signed_in, visit.resources.settings
    if signed_in is None:
        raise SignInNeededError("Sign in to see this page.")
    await check_token(visit.request, signed_in)
    owing = settings.second_factor == "everybody" or (settings.second_factor == signed_in.method == "password")
    if owing and not signed_in.has_factor and not visit.request.route_handler.opt.get("before_factor"):
        raise SecondFactorNeededError("Set up a second factor first: this deployment asks everybody for one.")
    await require_fresh(visit.request, signed_in, visit.resources, visit.now)


def frame_of(request: AnyRequest, signed_in: UserSession | None) -> dict[str, Any]:
    """Return what the layout shows around every page."""
    theme = find_cookie(request.cookies, request.app.state.resources.settings, THEME_COOKIE)
    return {
        "assets": load_assets(),
        "path": request.url.path,
        "how_to": how_to_of(request.url.path),
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


def own_address(visit: Visit) -> str:
    """Return the address that the server is reached at, without a slash at the end: the setting's or the request's."""
    return (visit.resources.settings.public_url or str(visit.request.base_url)).rstrip("/")
