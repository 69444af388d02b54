"""`loyaltyMemberships`: getAll, add, update, delete."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.changes import Change, read_change, read_required
from tessera.api.connector.v1.pages import PageRequest, read_page
from tessera.api.connector.v1.refusals import Step
from tessera.api.connector.v1.scalars import (
    Ids,
    Number,
    Text255,
    Texts,
    TimeInterval,
    Url,
    check_url,
    read_int32,
    read_interval,
    read_moment,
    write_moment,
)
from tessera.loyalty import (
    Membership,
    MembershipChange,
    MembershipFilter,
    MembershipState,
    NewMembership,
    create_memberships,
    delete_memberships,
    list_memberships,
    update_memberships,
)
from tessera.platform.texts import LONGEST_PROVIDER_ID

Text100 = Annotated[str, Meta(max_length=LONGEST_PROVIDER_ID)]


class EnterpriseProfile(Struct, rename="pascal", frozen=True):
    """The profile of a person of the enterprise."""

    profile_id: UUID


class ProfileData(Struct, rename="pascal", frozen=True):
    """Who made or changed a membership; only people of the enterprise have more than a kind."""

    discriminator: str
    enterprise_profile: EnterpriseProfile | None = None


class LoyaltyMembership(Struct, rename="pascal", gc=False):
    """A membership as the contract shows it; `code` is the old name of its number."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    loyalty_program_id: UUID
    state: str
    is_primary: bool
    provider_membership_id: str | None
    code: str | None
    membership_number: str | None
    points: int | None
    expiration_date: str | None
    url: str | None
    loyalty_tier_id: UUID | None
    creator_profile: ProfileData
    updater_profile: ProfileData


class GetAllMemberships(PageRequest, rename="pascal", kw_only=True):
    """Filters of the list; `codes` is the old name of the numbers."""

    chain_ids: Ids | None = None
    created_utc: TimeInterval | None = None
    loyalty_membership_ids: Ids | None = None
    account_ids: Ids | None = None
    loyalty_program_ids: Ids | None = None
    membership_states: list[MembershipState] | None = None
    membership_numbers: Texts | None = None
    provider_membership_ids: Texts | None = None
    codes: Texts | None = None


class MembershipsPage(Struct, rename="pascal"):
    """Memberships, and the id of the last of them."""

    loyalty_memberships: list[LoyaltyMembership]
    cursor: UUID | None


class MembershipParameters(Struct, rename="pascal", kw_only=True, gc=False):
    """A membership to add. Clients of before November 2022 do not say whether it is primary."""

    account_id: UUID
    loyalty_program_id: UUID
    is_primary: bool | None = None
    state: MembershipState | None = None
    membership_number: Text255 | None = None
    code: Text255 | None = None
    provider_membership_id: Text100 | None = None
    points: Number | None = None
    expiration_date: str | None = None
    url: Url | None = None
    loyalty_tier_id: UUID | None = None


class AddMemberships(Struct, rename="pascal", kw_only=True):
    """Memberships to add."""

    loyalty_memberships: Annotated[list[MembershipParameters], Meta(min_length=1, max_length=1000)]
    chain_id: str | None = None


class MembershipUpdate(Struct, rename="pascal", kw_only=True, gc=False):
    """What to change of a membership; `code` is the old name of its number."""

    loyalty_membership_id: UUID
    loyalty_program_id: Change[UUID] | UUID | None = None
    state: Change[MembershipState] | MembershipState | None = None
    is_primary: Change[bool] | bool | None = None
    membership_number: Change[Text255] | Text255 | None = None
    code: Change[Text255] | Text255 | None = None
    provider_membership_id: Change[Text100] | Text100 | None = None
    points: Change[Number] | Number | None = None
    expiration_date: Change[str] | str | None = None
    url: Change[Url] | Url | None = None
    loyalty_tier_id: Change[UUID] | UUID | None = None


class UpdateMemberships(Struct, rename="pascal", kw_only=True):
    """Memberships to change."""

    loyalty_membership_updates: Annotated[list[MembershipUpdate], Meta(min_length=1, max_length=1000)]
    chain_id: str | None = None


class DeleteMemberships(Struct, rename="pascal", kw_only=True):
    """Memberships to delete."""

    loyalty_membership_ids: Ids
    chain_id: str | None = None


async def get_all(call: Call, request: GetAllMemberships) -> MembershipsPage:
    """List memberships, newest first."""
    numbers = [*(request.membership_numbers or ()), *(request.codes or ())]
    narrowing = MembershipFilter(
        **read_page(call, request),
        ids=request.loyalty_membership_ids,
        created_within=read_interval(request.created_utc, "CreatedUtc"),
        account_ids=request.account_ids,
        program_ids=request.loyalty_program_ids,
        states=request.membership_states or None,
        membership_numbers=numbers or None,
        provider_membership_ids=request.provider_membership_ids,
        chain_ids=call.check_chains(request.chain_ids),
    )
    return show_all(await list_memberships(call.access, call.actor, narrowing, now=call.now))


async def add(call: Call, request: AddMemberships) -> MembershipsPage:
    """Add memberships."""
    items = [read_parameters(item, place) for place, item in enumerate(request.loyalty_memberships)]
    chain_id = call.chain_to_write(request.chain_id)
    return show_all(await create_memberships(call.session, call.actor, chain_id, items, now=call.now))


def read_parameters(item: MembershipParameters, place: int) -> NewMembership:
    """Return the membership to create; empty texts are nothing, as clients of 2022 write it."""
    points, expiry = item.points, item.expiration_date
    check_url(item.url or None, "LoyaltyMemberships", place, "Url")
    return NewMembership(
        account_id=item.account_id,
        program_id=item.loyalty_program_id,
        is_primary=item.is_primary or False,
        state=item.state or MembershipState.ENROLLED,
        tier_id=item.loyalty_tier_id,
        membership_number=item.membership_number or item.code or None,
        provider_membership_id=item.provider_membership_id or None,
        points=None if points is None else read_int32(points, "LoyaltyMemberships", place, "Points"),
        expires_at=read_moment(expiry, "LoyaltyMemberships", place, "ExpirationDate") if expiry else None,
        url=item.url or None,
    )


async def update(call: Call, request: UpdateMemberships) -> MembershipsPage:
    """Change memberships."""
    items = [
        read_update(item, place, strict=call.strict) for place, item in enumerate(request.loyalty_membership_updates)
    ]
    chain_id = call.chain_to_write(request.chain_id)
    return show_all(await update_memberships(call.session, call.actor, chain_id, items, now=call.now))


def read_update(item: MembershipUpdate, place: int, *, strict: bool) -> MembershipChange:
    """Return the change to make. Most items change one property of ten, so the others cost no more than a look."""
    changes: dict[str, Any] = {
        target: read(given, "LoyaltyMembershipUpdates", place, name, strict=strict)
        for given, (name, target, read) in zip(CHANGEABLE(item), READERS, strict=True)
        if given is not None
    }
    return MembershipChange(id=item.loyalty_membership_id, **changes)


def read_text(given: Change[str] | str, *way: Step, strict: bool) -> str | UnsetType | None:
    """Return a text to set; an empty one clears, as clients of 2022 write it."""
    value = read_change(given, *way, strict=strict)
    return None if value == "" else value


def read_url(given: Change[str] | str, *way: Step, strict: bool) -> str | UnsetType | None:
    """Return an address to set; an empty text clears."""
    value = read_text(given, *way, strict=strict)
    check_url(value, *way)
    return value


def read_points(given: Change[Number] | Number, *way: Step, strict: bool) -> int | UnsetType | None:
    """Return the balance to set."""
    value = read_change(given, *way, strict=strict)
    return value if value is None or value is UNSET else read_int32(value, *way)


def read_expiry(given: Change[str] | str, *way: Step, strict: bool) -> datetime | UnsetType | None:
    """Return the moment of expiry to set; an empty text clears."""
    value = read_change(given, *way, strict=strict)
    return value if value is UNSET else read_moment(value, *way)


# Member, its name on the wire, what it changes, how it is read. Of two that change one thing the later wins.
UPDATES: tuple[tuple[str, str, str, Callable[..., Any]], ...] = (
    ("loyalty_program_id", "LoyaltyProgramId", "program_id", read_required),
    ("state", "State", "state", read_required),
    ("is_primary", "IsPrimary", "is_primary", read_required),
    ("loyalty_tier_id", "LoyaltyTierId", "tier_id", read_change),
    ("code", "Code", "membership_number", read_text),
    ("membership_number", "MembershipNumber", "membership_number", read_text),
    ("provider_membership_id", "ProviderMembershipId", "provider_membership_id", read_text),
    ("points", "Points", "points", read_points),
    ("expiration_date", "ExpirationDate", "expires_at", read_expiry),
    ("url", "Url", "url", read_url),
)
CHANGEABLE = attrgetter(*(member for member, *_ in UPDATES))
READERS = [(name, target, read) for _, name, target, read in UPDATES]


async def delete(call: Call, request: DeleteMemberships) -> Done:
    """Delete memberships."""
    chain_id = call.chain_to_write(request.chain_id)
    await delete_memberships(call.session, call.actor, chain_id, request.loyalty_membership_ids, now=call.now)
    return Done()


def show_all(memberships: list[Membership]) -> MembershipsPage:
    """Return the memberships as the contract shows them."""
    return MembershipsPage([show(item) for item in memberships], memberships[-1].id if memberships else None)


def show(item: Membership) -> LoyaltyMembership:
    """Return one membership as the contract shows it."""
    return LoyaltyMembership(
        item.id,
        item.chain_id,
        item.account_id,
        item.program_id,
        item.state,
        item.is_primary,
        item.provider_membership_id,
        item.membership_number,
        item.membership_number,
        item.balance,
        None if item.expires_at is None else write_moment(item.expires_at),
        item.url,
        item.tier_id,
        show_profile(item.creator_kind, item.creator_id),
        show_profile(item.updater_kind, item.updater_id),
    )


@lru_cache(maxsize=1024)
def show_profile(kind: str, profile_id: UUID | None) -> ProfileData:
    """Return who it was; a page has few different ones."""
    if kind == "Enterprise" and profile_id is not None:
        return ProfileData(kind, EnterpriseProfile(profile_id))
    return ProfileData(kind)


ADDRESS = "/api/connector/v1/loyaltyMemberships"
OPERATIONS = (
    Operation(f"{ADDRESS}/getAll", "members:read", GetAllMemberships, MembershipsPage, get_all, paged=True, reads=True),
    Operation(f"{ADDRESS}/add", "members:write", AddMemberships, MembershipsPage, add),
    Operation(f"{ADDRESS}/update", "members:write", UpdateMemberships, MembershipsPage, update),
    Operation(
        f"{ADDRESS}/delete",
        "members:write",
        DeleteMemberships,
        Done,
        delete,
        named={"membership_not_found": "LoyaltyMembershipIds"},
    ),
)
