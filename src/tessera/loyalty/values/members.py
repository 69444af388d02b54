"""Members as people look them up: memberships and accounts with the names of what they belong to."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from tessera.loyalty.values.memberships import MembershipState
from tessera.loyalty.values.versions import version_at


class MemberSearch(Struct, frozen=True, kw_only=True):
    """What a list of members is narrowed by.

    `text` is an id, or the beginning of a membership number, an e-mail address, a customer's last name or a company's
    name, the last three in any case. Without it the newest come first, with it they come by name.
    """

    text: str = ""
    program_id: UUID | None = None
    state: MembershipState | None = None
    account_id: UUID | None = None


class Member(Struct, frozen=True, gc=False):
    """A membership with the names around it; `name` is the account's, `tier` and `rank` None without a tier."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    kind: str
    name: str
    email: str | None
    number: str | None
    program_id: UUID
    program: str
    tier_id: UUID | None
    tier: str | None
    state: str
    is_primary: bool
    balance: int | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AccountLine(Struct, frozen=True, gc=False):
    """An account in a list; `number` is its own within the server, `memberships` how many active ones it holds."""

    id: UUID
    chain_id: UUID
    kind: str
    number: int
    name: str
    email: str | None
    phone: str | None
    birth_date: date | None
    memberships: int
    created_at: datetime
    updated_at: datetime

    @property
    def version(self) -> int:
        """What changes with every change."""
        return version_at(self.updated_at)
