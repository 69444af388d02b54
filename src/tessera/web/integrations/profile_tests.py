"""*Test connection*: the profile's own page, with what was tried and what came of it."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from tessera import connectors
from tessera.connectors.contract import ProbeResult
from tessera.platform.errors import TesseraError
from tessera.web.integrations.profile_pages import ONE, read_details
from tessera.web.statuses import status_of
from tessera.web.visits import PageVisit, Visit


@post(f"{ONE}/test", permission="connection-profiles:write", in_transaction=False)
async def test_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Try the connection with the options that were ticked; no transaction is open while the other side answers."""
    options = (await visit.form()).repeated("option")
    try:
        result = await connectors.test_profile(
            visit.resources, visit.client, visit.actor, chain_id=chain_id, profile_id=profile_id, options=options
        )
    except TesseraError as error:
        return await show_outcome(visit, chain_id, profile_id, refused=error)
    return await show_outcome(visit, chain_id, profile_id, tested=result)


async def show_outcome(
    visit: Visit,
    chain_id: UUID,
    profile_id: UUID,
    *,
    tested: ProbeResult | None = None,
    refused: TesseraError | None = None,
) -> Response[Any]:
    """Show the profile as it is now, and above it what came of the test."""
    async with visit.resources.database.session() as session:
        visit.session = session
        profile = await connectors.get_profile(session, visit.actor, chain_id, profile_id)
        details = await read_details(visit, profile)
    shown = {"tested": tested, "refused": refused.message if refused else None}
    return visit.page(
        "integrations/templates/profile.html", status=status_of(refused) if refused else 200, **{**details, **shown}
    )
