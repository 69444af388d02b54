"""Enrolling an account in a program: the pop-up over the account's page."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import loyalty
from tessera.loyalty import MembershipState, NewMembership
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import Form, shown
from tessera.web.loyalty.accounts import ONE, account_page
from tessera.web.loyalty.memberships import list_chain_programs
from tessera.web.visits import PageVisit, Visit


@get(f"{ONE}/enrol", permission="members:write")
async def ask_for_enrolment(visit: PageVisit, chain_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[Any]:
    """Show the pop-up."""
    return await enrolment_page(visit, chain_id, account_id, typed={"state": "Enrolled"}, faults={})


@post(f"{ONE}/enrol", permission="members:write")
async def enrol_account(visit: PageVisit, chain_id: FromPath[UUID], account_id: FromPath[UUID]) -> Response[Any]:
    """Create the membership and show it."""
    await loyalty.get_account_line(visit.session, visit.actor, chain_id, account_id)
    form = await visit.form()
    try:
        new = read_membership(form, account_id)
        async with visit.session.begin_nested():
            (made,) = await loyalty.create_memberships(visit.session, visit.actor, chain_id, [new], now=visit.now)
    except (InvalidError, ConflictError, NotFoundError) as error:
        return await enrolment_page(visit, chain_id, account_id, typed=form.typed, **shown(error))
    return visit.go(f"/loyalty/memberships/{chain_id}/{made.id}", notice="created")


async def enrolment_page(
    visit: Visit, chain_id: UUID, account_id: UUID, *, status: int = 200, **more: Any
) -> Response[Any]:
    """Answer with the pop-up."""
    if not visit.actor.sees(chain_id):
        await loyalty.get_account_line(visit.session, visit.actor, chain_id, account_id)
    programs = await list_chain_programs(visit, chain_id)
    return await account_page(
        visit, chain_id, account_id, template="enrolment", status=status, programs=programs, **more
    )


def read_membership(form: Form, account_id: UUID) -> NewMembership:
    """Return what the form asks for."""
    program_id = form.id("program_id", required=True)
    state = form.choice("state", {each.value for each in MembershipState})
    number = form.text("membership_number")
    points = form.whole("points", least=0, most=1_000_000_000)
    form.check()
    assert program_id is not None
    return NewMembership(
        account_id=account_id,
        program_id=program_id,
        state=MembershipState(state or "Enrolled"),
        membership_number=number,
        points=points,
        is_primary=form.ticked("is_primary"),
    )


PAGES = (ask_for_enrolment, enrol_account)
