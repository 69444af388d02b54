"""Memberships: accounts in programs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import loyalty
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.programs import OfChain, narrow
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Text, Version
from tessera.api.management.v1.shapes import show_as

# More would make an address longer than servers read.
MOST = 50
Url = Annotated[str, Meta(min_length=1, max_length=2000)]
Primary = Annotated[bool, Meta(description="Whether it is the account's main one; another one stops being it.")]
State = Literal["New", "Pending", "Enrolled", "Canceled", "Declined"]


class MembershipQuery(PageQuery, frozen=True):
    """Which memberships to list; each filter may come several times."""

    chain_id: OfChain = None
    account_id: Annotated[list[UUID], Meta(max_length=MOST, description="Those of this account.")] | None = None
    program_id: Annotated[list[UUID], Meta(max_length=MOST, description="Those of this program.")] | None = None
    state: Annotated[list[State], Meta(max_length=MOST, description="Those in this state.")] | None = None
    membership_number: Annotated[list[str], Meta(max_length=MOST, description="Those with this number.")] | None = None
    provider_membership_id: (
        Annotated[list[str], Meta(max_length=MOST, description="Those with this id of the provider.")] | None
    ) = None


class NewMembership(Asked, frozen=True):
    """A membership to make, of an account and a program of one chain."""

    account_id: UUID
    program_id: UUID
    state: State = "Enrolled"
    is_primary: Primary = False
    tier_id: UUID | None = None
    membership_number: Text | None = None
    provider_membership_id: Text | None = None
    points: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000_000)] | None, Meta(description="What its ledger begins with, if any.")
    ] = None
    expires_at: Moment | None = None
    url: Url | None = None


class MembershipChange(Asked, frozen=True):
    """What to change of a membership; what is left out stays, null clears."""

    state: State | UnsetType = UNSET
    is_primary: Annotated[Literal[True] | UnsetType, Meta(description="Another one stops being it.")] = UNSET
    tier_id: UUID | UnsetType | None = UNSET
    membership_number: Text | UnsetType | None = UNSET
    provider_membership_id: Text | UnsetType | None = UNSET
    expires_at: Moment | UnsetType | None = UNSET
    url: Url | UnsetType | None = UNSET


class Membership(Struct, frozen=True):
    """An account's belonging to a program."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    program_id: UUID
    tier_id: UUID | None
    state: State
    is_primary: bool
    membership_number: str | None
    provider_membership_id: str | None
    balance: Annotated[int | None, Meta(description="Its points; null while it keeps none.")]
    expires_at: Moment | None
    url: str | None
    version: Version
    created_at: Moment
    updated_at: Moment


show_membership = show_as(Membership)


async def list_memberships(call: Call, query: MembershipQuery) -> Listing[Membership]:
    """List memberships, newest first."""
    narrowing = loyalty.MembershipFilter(
        account_ids=query.account_id,
        program_ids=query.program_id,
        states=None if query.state is None else [loyalty.MembershipState(state) for state in query.state],
        membership_numbers=query.membership_number,
        provider_membership_ids=query.provider_membership_id,
        **narrow(query),
    )
    found = await loyalty.list_memberships(call.session, call.actor, narrowing, now=call.now)
    return make_page(found, query.limit, show_membership)


async def create_membership(call: Call, body: NewMembership) -> Membership:
    """Make a membership.

    An account holds one of a program at most.
    """
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.ACCOUNT, body.account_id)
    members = {name: getattr(body, name) for name in body.__struct_fields__}
    new = loyalty.NewMembership(**{**members, "state": loyalty.MembershipState(body.state)})
    (made,) = await loyalty.create_memberships(call.session, call.actor, chain_id, [new], now=call.now)
    return show_membership(made)


async def get_membership(call: Call, membership_id: UUID) -> Membership:
    """Read a membership."""
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.MEMBERSHIP, membership_id)
    narrowing = loyalty.MembershipFilter(chain_ids=[chain_id], ids=[membership_id])
    (found,) = await loyalty.list_memberships(call.session, call.actor, narrowing, now=call.now)
    return show_membership(found)


async def update_membership(
    call: Call, membership_id: UUID, body: MembershipChange, if_match: int | None
) -> Membership:
    """Change a membership; its account and program stay, and its points move by the ledger alone."""
    place = loyalty.Place.MEMBERSHIP
    chain_id = await loyalty.find_place(call.session, call.actor, place, membership_id, version=if_match)
    members = {name: getattr(body, name) for name in body.__struct_fields__}
    state = UNSET if body.state is UNSET else loyalty.MembershipState(body.state)
    change = loyalty.MembershipChange(id=membership_id, **{**members, "state": state})
    (changed,) = await loyalty.update_memberships(call.session, call.actor, chain_id, [change], now=call.now)
    return show_membership(changed)


async def delete_membership(call: Call, membership_id: UUID, if_match: int | None) -> None:
    """Delete a membership.

    Its ledger stays.
    """
    place = loyalty.Place.MEMBERSHIP
    chain_id = await loyalty.find_place(call.session, call.actor, place, membership_id, version=if_match)
    await loyalty.delete_memberships(call.session, call.actor, chain_id, [membership_id], now=call.now)


EXAMPLE = {
    "account_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "program_id": "0190b3c4-6000-7000-8000-456789abcdef",
    "membership_number": "HC-1001",
}
READ, WRITE = "members:read", "members:write"
ROUTES = (
    Route("GET", "/memberships", READ, list_memberships, made="/items/0/id"),
    Route("POST", "/memberships", WRITE, create_membership, status=201, example=EXAMPLE, made="/id"),
    Route("GET", "/memberships/{membership_id}", READ, get_membership),
    Route("PATCH", "/memberships/{membership_id}", WRITE, update_membership, example={"state": "Canceled"}),
    Route("DELETE", "/memberships/{membership_id}", WRITE, delete_membership),
)
