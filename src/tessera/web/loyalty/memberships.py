"""Memberships: the list, one of them with its ledger, and its edit pop-up."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET

from tessera import loyalty
from tessera.loyalty import Member, MemberSearch, MembershipChange, MembershipState, ProgramFilter, TierFilter
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.platform.ids import parse_id
from tessera.platform.texts import LONGEST_PROVIDER_ID, LONGEST_URL, is_url
from tessera.web.forms import Form, shown
from tessera.web.list_parameters import chosen, page_number
from tessera.web.loyalty.words import MOVEMENTS, STATES
from tessera.web.numbers import LARGEST_SEQUENCE, parse_number
from tessera.web.visits import PageVisit, Visit

PATH = "/loyalty/memberships"
ONE = f"{PATH}/{{chain_id:uuid}}/{{membership_id:uuid}}"
LEDGER_LINES = 50
LONGEST_SEARCH = 255


@get(PATH, permission="members:read")
async def list_member_pages(visit: PageVisit) -> Response[Any]:
    """List the chosen chain's memberships; the address keeps search and filters."""
    if visit.chosen is None:
        return visit.page("loyalty/templates/no_chain.html", title="Memberships")
    asked = visit.request.query_params
    programs = await list_chain_programs(visit, visit.chain.id)
    program_id = parse_id(asked.get("program", ""))
    search = MemberSearch(
        text=asked.get("q", "").strip()[:LONGEST_SEARCH],
        program_id=program_id if any(program.id == program_id for program in programs) else None,
        state=chosen(visit, "state", MembershipState),
    )
    page = await loyalty.list_members(
        visit.session, visit.actor, visit.chain.id, search, number=page_number(visit), now=visit.now
    )
    return visit.page(
        "loyalty/templates/memberships.html", page=page, search=search, programs=programs, states=STATES, path_here=PATH
    )


@get(ONE, permission="members:read")
async def show_member(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """Show who it is, the balance, and the ledger."""
    return await member_page(visit, await read_member(visit, chain_id, membership_id))


@get(f"{ONE}/edit", permission="members:write")
async def edit_member(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """Show the edit pop-up over the membership."""
    member = await read_member(visit, chain_id, membership_id)
    return await edit_page(visit, member, typed=await typed_of(visit, member), faults={})


@post(f"{ONE}/edit", permission="members:write")
async def save_member(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """Change state, tier, number and the like."""
    member = await read_member(visit, chain_id, membership_id)
    form = await visit.form()
    try:
        change = read_change(form, membership_id)
        async with visit.session.begin_nested():
            await loyalty.update_memberships(visit.session, visit.actor, chain_id, [change], now=visit.now)
    except (InvalidError, ConflictError, NotFoundError) as error:
        return await edit_page(visit, member, typed=form.typed, **shown(error))
    return visit.go(address_of(member), notice="saved")


@post(f"{ONE}/delete", permission="members:write")
async def delete_member(visit: PageVisit, chain_id: FromPath[UUID], membership_id: FromPath[UUID]) -> Response[Any]:
    """End the membership permanently; its ledger stays."""
    member = await read_member(visit, chain_id, membership_id)
    await loyalty.delete_memberships(visit.session, visit.actor, chain_id, [member.id], now=visit.now)
    return visit.go(f"/loyalty/accounts/{chain_id}/{member.account_id}", notice="deleted")


async def read_member(visit: Visit, chain_id: UUID, membership_id: UUID) -> Member:
    """Return the membership, or raise not found."""
    # Forms that act on a membership show its member, and so ask for more than the right to act.
    visit.actor.require("members:read")
    return await loyalty.get_member(visit.session, visit.actor, chain_id, membership_id, now=visit.now)


def address_of(member: Member) -> str:
    """Return the address of a membership's page."""
    return f"{PATH}/{member.chain_id}/{member.id}"


async def member_page(
    visit: Visit, member: Member, *, template: str = "membership", status: int = 200, **more: Any
) -> Response[Any]:
    """Answer with the membership's page, or a pop-up over it."""
    values: dict[str, Any] = {"balance": None, "movements": [], "older": None}
    if visit.actor.may("points:read"):
        values = await read_ledger(visit, member)
    tiers = await list_program_tiers(visit, member.chain_id, member.program_id)
    return visit.page(
        f"loyalty/templates/{template}.html",
        status=status,
        **{
            "member": member,
            "tiers": tiers,
            "rank": next((place for place, tier in enumerate(tiers, 1) if tier.id == member.tier_id), None),
            "states": STATES,
            "kinds": MOVEMENTS,
            "base": address_of(member),
            **values,
            **more,
        },
    )


async def read_ledger(visit: Visit, member: Member) -> dict[str, Any]:
    """Return the balance and one page of movements, newest first."""
    before = parse_number(visit.request.query_params.get("before", ""), largest=LARGEST_SEQUENCE)
    found = await loyalty.list_movements(
        visit.session, visit.actor, member.chain_id, member.id, before=before, count=LEDGER_LINES + 1
    )
    balance = await loyalty.get_balance(visit.session, visit.actor, member.chain_id, member.id, at=None, now=visit.now)
    older = found[LEDGER_LINES - 1].sequence if len(found) > LEDGER_LINES else None
    lines = found[:LEDGER_LINES]
    reversible = await loyalty.find_reversible(visit.session, visit.actor, member.chain_id, lines, now=visit.now)
    return {"balance": balance, "movements": lines, "reversible": reversible, "older": older, "before": before}


async def list_chain_programs(visit: Visit, chain_id: UUID) -> list[loyalty.Program]:
    """Return the chain's programs by name."""
    found = await loyalty.list_programs(visit.session, visit.actor, ProgramFilter(chain_ids=[chain_id]))
    return sorted(found, key=lambda program: program.name.lower())


async def list_program_tiers(visit: Visit, chain_id: UUID, program_id: UUID) -> list[loyalty.Tier]:
    """Return a program's tiers by rank."""
    narrowing = TierFilter(chain_ids=[chain_id], program_ids=[program_id])
    found = await loyalty.list_tiers(visit.session, visit.actor, narrowing)
    return sorted(found, key=lambda tier: (tier.ordering, tier.name))


async def typed_of(visit: Visit, member: Member) -> dict[str, str]:
    """Return the membership as the fields of its form."""
    narrowing = loyalty.MembershipFilter(chain_ids=[member.chain_id], ids=[member.id])
    (stored,) = await loyalty.list_memberships(visit.session, visit.actor, narrowing, now=visit.now)
    return {
        "state": stored.state,
        "tier_id": str(stored.tier_id or ""),
        "membership_number": stored.membership_number or "",
        "provider_membership_id": stored.provider_membership_id or "",
        "expires_at": "" if stored.expires_at is None else stored.expires_at.strftime("%Y-%m-%dT%H:%M"),
        "url": stored.url or "",
        "is_primary": "true" if stored.is_primary else "",
    }


def read_change(form: Form, membership_id: UUID) -> MembershipChange:
    """Return what the form changes."""
    state = form.choice("state", {each.value for each in MembershipState})
    change = MembershipChange(
        id=membership_id,
        state=UNSET if state is None else MembershipState(state),
        tier_id=form.id("tier_id"),
        membership_number=form.text("membership_number"),
        provider_membership_id=form.text("provider_membership_id", longest=LONGEST_PROVIDER_ID),
        expires_at=form.moment("expires_at"),
        url=form.text("url", longest=LONGEST_URL),
        # A primary membership stops being it when another one becomes it, not by itself.
        is_primary=True if form.ticked("is_primary") else UNSET,
    )
    if isinstance(change.url, str) and not is_url(change.url):
        form.fault("url", "Enter a full URL, such as https://example.com/page.")
    form.check()
    return change


async def edit_page(
    visit: Visit, member: Member, *, typed: dict[str, str], faults: dict[str, str], status: int = 200
) -> Response[Any]:
    """Answer with the edit pop-up."""
    return await member_page(visit, member, template="membership_edit", status=status, typed=typed, faults=faults)


PAGES = (list_member_pages, show_member, edit_member, save_member, delete_member)
