"""Memberships: reading them."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import loyalty
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.programs import OfChain, narrow
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as

# More would make an address longer than servers read.
MOST = 50
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


async def get_membership(call: Call, membership_id: UUID) -> Membership:
    """Read a membership."""
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    narrowing = loyalty.MembershipFilter(chain_ids=[chain_id], ids=[membership_id])
    (found,) = await loyalty.list_memberships(call.session, call.actor, narrowing, now=call.now)
    return show_membership(found)


ROUTES = (
    Route("GET", "/memberships", "members:read", list_memberships, made="/items/0/id"),
    Route("GET", "/memberships/{membership_id}", "members:read", get_membership),
)
