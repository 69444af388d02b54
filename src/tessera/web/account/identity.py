"""Signing in through the identity provider as well: linking it to one's own account, and taking it away."""

from typing import Any

from litestar import Response, post

from tessera.access.oidc import Purpose
from tessera.access.sign_in import unlink_identities
from tessera.platform.errors import ConflictError
from tessera.web import sign_in
from tessera.web.visits import SIGNED_IN, PageVisit

PATH = "/account/identity"


class LastWayInError(ConflictError):
    """Without it the user could not sign in any more."""

    code = "last_way_in"


@post(f"{PATH}/link", permission=SIGNED_IN, fresh=True, in_transaction=False)
async def link_provider(visit: PageVisit) -> Response[Any]:
    """Offer the way to the provider, as a link: the security policy lets no form lead to another host."""
    address, cookie = await sign_in.begin(visit, Purpose.LINK)
    label = visit.resources.settings.oidc_label
    page = visit.page("account/templates/link.html", address=address, label=label)
    page.set_cookie(cookie)
    return page


@post(f"{PATH}/unlink", permission=SIGNED_IN, fresh=True)
async def unlink_provider(visit: PageVisit) -> Response[None]:
    """Take the link to the provider away, unless it is the only way in."""
    if not (visit.own.has_password and visit.resources.settings.password_sign_in):
        raise LastWayInError("Without the identity provider you could not sign in any more. Get a password first.")
    await unlink_identities(visit.session, visit.actor, visit.own.user)
    return visit.go("/account", notice="identity_unlinked")
