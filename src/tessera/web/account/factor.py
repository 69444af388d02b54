"""One's own second factor: set up with a picture or a key, confirmed with a first code, renewed, removed."""

from typing import Any

import segno
from litestar import Response, get, post

from tessera.access.factors import (
    CodeWrongError,
    begin_factor,
    confirm_factor,
    find_factor,
    find_pending_factor,
    remove_factor,
    renew_recovery_codes,
)
from tessera.web.visits import SIGNED_IN, PageVisit, Visit

PATH = "/account/second-factor"


@get(PATH, permission=SIGNED_IN, before_factor=True)
async def show_second_factor(visit: PageVisit) -> Response[Any]:
    """Show the second factor, the one that waits for its first code, or how to begin."""
    return await show_page(visit)


@post(f"{PATH}/begin", permission=SIGNED_IN, before_factor=True, fresh=True)
async def begin_second_factor(visit: PageVisit) -> Response[None]:
    """Draw a key to put into a phone."""
    await begin_factor(visit.session, visit.resources, visit.own.user, now=visit.now)
    return visit.go(PATH)


@post(f"{PATH}/confirm", permission=SIGNED_IN, before_factor=True, fresh=True)
async def confirm_second_factor(visit: PageVisit) -> Response[Any]:
    """Switch the second factor on with its first code, and show the recovery codes this once."""
    code = (await visit.form()).get("code")
    try:
        codes = await confirm_factor(
            visit.session, visit.resources, visit.actor, visit.own.user, code=code, now=visit.now
        )
    except CodeWrongError as error:
        return await show_page(visit, fault=error.message, status=422)
    return visit.page("account/templates/codes.html", codes=codes, first=True)


@post(f"{PATH}/codes", permission=SIGNED_IN, fresh=True)
async def renew_codes(visit: PageVisit) -> Response[Any]:
    """Replace the recovery codes, and show the new ones this once."""
    codes = await renew_recovery_codes(visit.session, visit.resources, visit.actor, visit.own.user, now=visit.now)
    return visit.page("account/templates/codes.html", codes=codes, first=False)


@post(f"{PATH}/remove", permission=SIGNED_IN, fresh=True)
async def remove_second_factor(visit: PageVisit) -> Response[None]:
    """Take the second factor away."""
    await remove_factor(visit.session, visit.resources, visit.actor, visit.own.user)
    return visit.go(PATH, notice="factor_removed")


async def show_page(visit: Visit, *, fault: str = "", status: int = 200) -> Response[str]:
    """Show the page in the state that the second factor is in."""
    user = visit.own.user
    pending = await find_pending_factor(visit.session, visit.resources.keys, user)
    return visit.page(
        "account/templates/second_factor.html",
        status=status,
        factor=await find_factor(visit.session, user.id),
        pending=pending,
        key=" ".join(pending.key[start : start + 4] for start in range(0, len(pending.key), 4)) if pending else "",
        picture=draw(pending.uri) if pending else "",
        fault=fault,
        needed=visit.resources.settings.second_factor,
    )


def draw(text: str) -> str:
    """Return the text as a drawing for a phone's camera: dark on light in every theme, without any style."""
    return segno.make(text, error="m").svg_inline(
        scale=5, border=4, dark="#1f2328", light="#ffffff", svgclass="qr", lineclass=None, omitsize=True
    )
