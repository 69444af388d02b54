"""Programs: the list, one of them with its tiers, and their forms."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import loyalty
from tessera.loyalty import NewProgram, Program, ProgramChange, ProgramFilter, ProgramType
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import Form, shown
from tessera.web.loyalty.memberships import list_program_tiers
from tessera.web.loyalty.short_lists import cut, matches, sort_of
from tessera.web.visits import PageVisit, Visit

PATH = "/loyalty/programs"
ONE = f"{PATH}/{{chain_id:uuid}}/{{program_id:uuid}}"
TYPES = {
    ProgramType.HOTEL: "Hotel",
    ProgramType.SOFT_BRAND: "Soft brand",
    ProgramType.EXTERNAL_PARTNER: "External partner",
    ProgramType.UNKNOWN: "Not set",
}
SUBSCRIPTIONS = {"Free": "Free", "Paid": "Paid"}
SORTS = {
    "name": lambda program: program.name.lower(),
    "code": lambda program: program.code.lower(),
    "created": lambda program: program.created_at,
}


@get(PATH, permission="programs:read")
async def list_program_pages(visit: PageVisit) -> Response[Any]:
    """List the chosen chain's programs."""
    return await list_page(visit)


@get(f"{PATH}/new", permission="programs:write")
async def ask_for_program(visit: PageVisit) -> Response[Any]:
    """Show the pop-up for a new program."""
    return await list_page(visit, template="program_new", typed={}, faults={})


@post(f"{PATH}/new", permission="programs:write")
async def create_program(visit: PageVisit) -> Response[Any]:
    """Create the program and show it."""
    form = await visit.form()
    try:
        new = read_program(form)
        async with visit.session.begin_nested():
            (made,) = await loyalty.create_programs(visit.session, visit.actor, visit.chain.id, [new], now=visit.now)
    except (InvalidError, ConflictError) as error:
        return await list_page(visit, template="program_new", typed=form.typed, **shown(error))
    return visit.go(f"{PATH}/{made.chain_id}/{made.id}", notice="created")


@get(ONE, permission="programs:read")
async def show_program(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Show the program and its tiers."""
    return await program_page(visit, chain_id, program_id)


@get(f"{ONE}/edit", permission="programs:write")
async def edit_program(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Show the edit pop-up."""
    program = await find_program(visit, chain_id, program_id)
    typed = {
        "name": program.name,
        "type": program.type.value,
        "subscription": program.subscription,
        "allows_overdraft": "true" if program.allows_overdraft else "",
    }
    return await program_page(visit, chain_id, program_id, template="program_edit", typed=typed, faults={})


@post(f"{ONE}/edit", permission="programs:write")
async def save_program(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Change the program."""
    await find_program(visit, chain_id, program_id)
    form = await visit.form()
    try:
        given = read_program(form, code="kept")
        change = ProgramChange(
            id=program_id,
            name=given.name,
            type=given.type,
            subscription=given.subscription,
            allows_overdraft=given.allows_overdraft,
        )
        await loyalty.update_programs(visit.session, visit.actor, chain_id, [change], now=visit.now)
    except InvalidError as error:
        return await program_page(
            visit, chain_id, program_id, template="program_edit", typed=form.typed, **shown(error)
        )
    return visit.go(f"{PATH}/{chain_id}/{program_id}", notice="saved")


@post(f"{ONE}/delete", permission="programs:write")
async def delete_program(visit: PageVisit, chain_id: FromPath[UUID], program_id: FromPath[UUID]) -> Response[Any]:
    """Delete a program without members, and its tiers with it."""
    await find_program(visit, chain_id, program_id)
    try:
        async with visit.session.begin_nested():
            await loyalty.delete_programs(visit.session, visit.actor, chain_id, [program_id], now=visit.now)
    except ConflictError as error:
        return await program_page(visit, chain_id, program_id, status=409, refused=error.message)
    return visit.go(PATH, notice="deleted")


async def list_page(visit: Visit, *, template: str = "programs", status: int = 200, **more: Any) -> Response[Any]:
    """Answer with the list, or a pop-up over it."""
    if visit.chosen is None:
        return visit.page("loyalty/templates/no_chain.html", title="Programs")
    found = await loyalty.list_programs(
        visit.session, visit.actor, ProgramFilter(chain_ids=[visit.chain.id], count=10_000)
    )
    search = visit.request.query_params.get("q", "").strip()[:255]
    kept = [program for program in found if matches(search, program.name, program.code)]
    sort = sort_of(visit, SORTS)
    return visit.page(
        f"loyalty/templates/{template}.html",
        status=status,
        page=cut(visit, kept, SORTS, sort),
        search=search,
        sort=sort,
        types=TYPES,
        subscriptions=SUBSCRIPTIONS,
        path_here=PATH,
        **more,
    )


async def program_page(
    visit: Visit, chain_id: UUID, program_id: UUID, *, template: str = "program", status: int = 200, **more: Any
) -> Response[Any]:
    """Answer with the program's page, or a pop-up over it."""
    program = await find_program(visit, chain_id, program_id)
    return visit.page(
        f"loyalty/templates/{template}.html",
        status=status,
        **{
            "program": program,
            "tiers": await list_program_tiers(visit, chain_id, program_id),
            "types": TYPES,
            "subscriptions": SUBSCRIPTIONS,
            "base": f"{PATH}/{chain_id}/{program_id}",
            "refused": None,
            **more,
        },
    )


async def find_program(visit: Visit, chain_id: UUID, program_id: UUID) -> Program:
    """Return the chain's program, or raise not found."""
    found: list[Program] = []
    if visit.actor.sees(chain_id):
        narrowing = ProgramFilter(chain_ids=[chain_id], ids=[program_id])
        found = await loyalty.list_programs(visit.session, visit.actor, narrowing)
    if not found:
        raise NotFoundError("There is no such program. Choose one from the list.")
    return found[0]


def read_program(form: Form, *, code: str | None = None) -> NewProgram:
    """Return what the form says of a program."""
    name, code = form.text("name", required=True), code or form.text("code", required=True, longest=50)
    kind = form.choice("type", {each.value for each in ProgramType})
    subscription = form.choice("subscription", SUBSCRIPTIONS)
    form.check()
    assert name is not None
    assert code is not None
    return NewProgram(
        name=name,
        code=code,
        type=ProgramType(kind or "Unknown"),
        subscription="Paid" if subscription == "Paid" else "Free",
        allows_overdraft=form.ticked("allows_overdraft"),
    )


PAGES = (list_program_pages, ask_for_program, create_program, show_program, edit_program, save_program, delete_program)
