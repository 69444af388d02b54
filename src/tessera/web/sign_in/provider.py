"""Sign-in through the identity provider: there with a sealed cookie, back with a code. Links, for no form may leave."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import Cookie

from tessera.access.oidc import (
    CALLBACK,
    Claims,
    Flow,
    Provider,
    ProviderRefusedError,
    Purpose,
    is_provider_on,
    open_flow,
)
from tessera.access.sign_in import Identity, SignIn, admit_identity, is_identity_of, link_identity, record_confirmation
from tessera.platform.errors import ConflictError, TesseraError
from tessera.web.cookies import end_cookie, find_cookie, make_cookie
from tessera.web.failures import status_of
from tessera.web.sign_in.doors import let_in, local_path
from tessera.web.sign_in.pages import show_form
from tessera.web.visitors import client_address, visitor_of
from tessera.web.visits import ANYONE, PageVisit, Visit

FLOW_COOKIE = "tessera_provider"
FLOW_SECONDS = 600
# It travels in a cookie, and browsers drop those of more than four kilobytes.
LONGEST_TARGET = 1000


class ProviderOffError(ConflictError):
    """This deployment has no identity provider."""

    code = "provider_off"


@get("/sign-in/provider", permission=ANYONE, in_transaction=False)
async def go_to_provider(visit: PageVisit) -> Response[Any]:
    """Send somebody to the provider: to sign in, or to prove anew who they are."""
    asked = visit.request.query_params.get("purpose")
    purpose = Purpose.CONFIRM if asked == Purpose.CONFIRM else Purpose.SIGN_IN
    target = local_path(visit.request.query_params.get("next"))
    if len(target) > LONGEST_TARGET:
        target = "/"
    try:
        address, cookie = await begin(visit, purpose, target)
    except TesseraError as error:
        return failure_page(visit, error)
    return visit.go(address, cookies=[cookie])


@get(CALLBACK, permission=ANYONE, in_transaction=False)
async def come_back(visit: PageVisit) -> Response[Any]:
    """Take what the provider answers: a person, who is signed in, confirmed or linked; or a reason why not."""
    kept = find_cookie(visit.request.cookies, visit.resources.settings, FLOW_COOKIE)
    try:
        flow = open_flow(visit.resources.keys, kept, visit.now)
        answer = dict(visit.request.query_params)
        claims = await provider_of(visit).finish(flow, answer, now=visit.resources.clock())
        page = await take_person(visit, flow, identity_of(claims))
    except TesseraError as error:
        page = failure_page(visit, error)
    page.set_cookie(end_cookie(visit.resources.settings, FLOW_COOKIE))
    return page


async def begin(visit: Visit, purpose: Purpose, target: str = "/") -> tuple[str, Cookie]:
    """Return the provider's address, and what this browser must bring back from there."""
    session = ""
    if purpose is not Purpose.SIGN_IN:
        session = str(visit.own.id)
    address, flow = await provider_of(visit).begin(purpose, now=visit.now, next=target, session=session)
    settings = visit.resources.settings
    return address, make_cookie(settings, FLOW_COOKIE, flow.seal(visit.resources.keys), max_age=FLOW_SECONDS)


async def take_person(visit: Visit, flow: Flow, identity: Identity) -> Response[Any]:
    """Do what this person was sent to the provider for."""
    if flow.purpose is Purpose.SIGN_IN:
        return let_in(visit, await admit_person(visit, identity), local_path(flow.next))
    signed_in = visit.own
    if str(signed_in.id) != flow.session:
        raise ProviderRefusedError("Another user has signed in in this browser meanwhile. Begin again.")
    origin = client_address(visit.request, visit.resources.settings)
    async with visit.resources.database.session() as session:
        if flow.purpose is Purpose.LINK:
            user = signed_in.user
            await link_identity(session, user.act(origin=origin), user, identity, now=visit.now)
            return visit.go("/account", notice="identity_linked")
        if not await is_identity_of(session, identity, signed_in.user.id):
            raise ProviderRefusedError("You signed in at the provider as somebody else. Begin again, as yourself.")
        await record_confirmation(session, signed_in, origin=origin, now=visit.resources.clock())
    return visit.page("sign_in/templates/confirmed.html")


async def admit_person(visit: Visit, identity: Identity) -> SignIn:
    """Open a session for this person."""
    visitor = visitor_of(visit.request, visit.resources.settings)
    async with visit.resources.database.session() as session:
        return await admit_identity(session, visit.resources, visitor, identity, now=visit.resources.clock())


def failure_page(visit: Visit, error: TesseraError) -> Response[str]:
    """Say what went wrong where the next try begins."""
    if visit.signed_in is not None:
        raise error
    return show_form(visit, message=error.message, status=status_of(error))


def provider_of(visit: Visit) -> Provider:
    """Return this process's provider, made when it is first asked for."""
    settings, state = visit.resources.settings, visit.request.app.state
    if not is_provider_on(settings):
        raise ProviderOffError("This deployment has no identity provider. Sign in with your password.")
    if "provider" not in state:
        state["provider"] = Provider(settings, visit.client)
    provider: Provider = state["provider"]
    return provider


def identity_of(claims: Claims) -> Identity:
    """Return the person whom the provider tells of."""
    return Identity(
        issuer=claims.issuer,
        subject=claims.subject,
        email=claims.email,
        email_verified=claims.email_verified,
        name=claims.name,
        authenticated_at=claims.authenticated_at,
    )
