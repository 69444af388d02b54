"""Tiers: the list over all programs of a chain, and the forms of a tier over its program's page."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import loyalty
from tessera.loyalty import NewTier, Tier, TierChange, TierFilter
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import faults_of
from tessera.web.inputs import Inputs
from tessera.web.loyalty.memberships import list_chain_programs
from tessera.web.loyalty.programs import ONE, find_program, program_page
from tessera.web.loyalty.short_lists import cut, matches, sort_of
from tessera.web.visits import PageVisit, Visit

PATH = "/loyalty/tiers"
HIGHEST_RANK = 1_000_000


@get(PATH, permission="programs:read")
async def list_tier_pages(visit: PageVisit) -> Response[Any]:
    """List the tiers of every program of the chosen chain."""
    if visit.chosen is None:
        return visit.page("loyalty/templates/no_chain.html", title="Tiers")
    programs = {program.id: program for program in await list_chain_programs(visit, visit.chain.id)}
    found = await loyalty.list_tiers(visit.session, visit.actor, TierFilter(chain_ids=[visit.chain.id], count=10_000))
    search = visit.request.query_params.get("q", "").strip()[:255]
    kept = [
        (tier, programs[tier.program_id])
        for tier in found
        if tier.program_id in programs and matches(search, tier.name, tier.code, programs[tier.program_id].name)
    ]
    sorts = {
        "program": lambda pair: (pair[1].name.lower(), pair[0].ordering),
        "name": lambda pair: pair[0].name.lower(),
        "created": lambda pair: pair[0].created_at,
    }
    sort = sort_of(visit, sorts)
    return visit.page(
        "loyalty/templates/tiers.html", page=cut(visit, kept, sorts, sort), search=search, sort=sort, path_here=PATH
    )


@get(f"{ONE}/tiers/new", permission="programs:write")
async def ask_for_tier(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Show the pop-up for a new tier."""
    return await tier_page(visit, chain_id, program_id, typed={}, faults={})


@post(f"{ONE}/tiers/new", permission="programs:write")
async def create_tier(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Create the tier."""
    await find_program(visit, chain_id, program_id)
    form = await visit.form()
    try:
        name, code, ordering = read_tier(form)
        new = NewTier(program_id=program_id, name=name, code=code, ordering=ordering)
        async with visit.session.begin_nested():
            await loyalty.create_tiers(visit.session, visit.actor, chain_id, [new], now=visit.now)
    except (InvalidError, ConflictError) as error:
        return await tier_page(visit, chain_id, program_id, status=422, typed=form, faults=faults_of(error))
    return visit.go(f"/loyalty/programs/{chain_id}/{program_id}", notice="created")


@get(f"{ONE}/tiers/{{tier_id:uuid}}/edit", permission="programs:write")
async def edit_tier(
    visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID], tier_id: FromPath[UUID]
) -> Response[Any]:
    """Show the edit pop-up."""
    tier = await find_tier(visit, chain_id, program_id, tier_id)
    typed = {"name": tier.name, "code": tier.code, "ordering": str(tier.ordering)}
    return await tier_page(visit, chain_id, program_id, tier=tier, typed=typed, faults={})


@post(f"{ONE}/tiers/{{tier_id:uuid}}/edit", permission="programs:write")
async def save_tier(
    visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID], tier_id: FromPath[UUID]
) -> Response[Any]:
    """Change the tier."""
    tier = await find_tier(visit, chain_id, program_id, tier_id)
    form = await visit.form()
    try:
        name, code, ordering = read_tier(form)
        change = TierChange(id=tier_id, name=name, code=code, ordering=ordering)
        async with visit.session.begin_nested():
            await loyalty.update_tiers(visit.session, visit.actor, chain_id, [change], now=visit.now)
    except (InvalidError, ConflictError) as error:
        return await tier_page(visit, chain_id, program_id, tier=tier, status=422, typed=form, faults=faults_of(error))
    return visit.go(f"/loyalty/programs/{chain_id}/{program_id}", notice="saved")


@post(f"{ONE}/tiers/{{tier_id:uuid}}/delete", permission="programs:write")
async def delete_tier(
    visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID], tier_id: FromPath[UUID]
) -> Response[Any]:
    """Delete the tier; its members keep their memberships and lose it."""
    await find_tier(visit, chain_id, program_id, tier_id)
    await loyalty.delete_tiers(visit.session, visit.actor, chain_id, [tier_id], now=visit.now)
    return visit.go(f"/loyalty/programs/{chain_id}/{program_id}", notice="deleted")


async def tier_page(
    visit: Visit, chain_id: UUID, program_id: UUID, *, tier: Tier | None = None, status: int = 200, **more: Any
) -> Response[Any]:
    """Answer with the pop-up of a new or known tier."""
    return await program_page(visit, chain_id, program_id, template="tier_edit", status=status, tier=tier, **more)


async def find_tier(visit: Visit, chain_id: UUID, program_id: UUID, tier_id: UUID) -> Tier:
    """Return the program's tier, or raise not found."""
    found: list[Tier] = []
    if visit.actor.sees(chain_id):
        narrowing = TierFilter(chain_ids=[chain_id], program_ids=[program_id], ids=[tier_id])
        found = await loyalty.list_tiers(visit.session, visit.actor, narrowing)
    if not found:
        raise NotFoundError("There is no such tier. Choose one from its program's page.")
    return found[0]


def read_tier(form: dict[str, str]) -> tuple[str, str, int]:
    """Return what the form says: name, code and rank."""
    inputs = Inputs(form)
    name = inputs.text("name", required=True, longest=50)
    code = inputs.text("code", required=True, longest=50)
    ordering = inputs.whole("ordering", least=0, most=HIGHEST_RANK)
    if ordering is None:
        inputs.faults.setdefault("ordering", "Required.")
    inputs.check()
    return str(name), str(code), int(ordering or 0)


PAGES = (list_tier_pages, ask_for_tier, create_tier, edit_tier, save_tier, delete_tier)
