"""What changes make of accounts: values in, values out."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import asdict, replace

from tessera.access.chains import Address
from tessera.loyalty.values.accounts import Customer, CustomerChange
from tessera.loyalty.values.companies import Company, CompanyChange

A = TypeVar("A", bound=Customer | Company)
SETS = ("classifications", "options")


def amend(before: A, change: CustomerChange | CompanyChange, *, now: datetime, updater_id: UUID, address_id: UUID) -> A:
    """Return the account as the change leaves it; the very same one where nothing differs.

    `address_id` is for an account that gets its first address.
    """
    given = {name: value for name, value in asdict(change).items() if value is not UNSET}
    for name in SETS:
        if name in given:
            given[name] = amend_set(getattr(before, name), given[name])
    if "address" in given:
        given["address"] = amend_address(before.address, given["address"])
        given["address_id"] = before.address_id or address_id
    differing: dict[str, Any] = {name: value for name, value in given.items() if value != getattr(before, name)}
    if not differing:
        return before
    return replace(before, **differing, updated_at=now, updater_id=updater_id)


def amend_set(before: Sequence[str], wanted: Sequence[str] | Mapping[str, bool]) -> list[str]:
    """Return the words afterwards: those wanted, or those of before without and with the ones switched."""
    if not isinstance(wanted, Mapping):
        return list(dict.fromkeys(wanted))
    kept = [word for word in before if wanted.get(word, True)]
    return kept + [word for word, on in wanted.items() if on and word not in kept]


def amend_address(before: Address | None, wanted: Address) -> Address:
    """Return the address with the given lines; those not given stay."""
    lines = {name: value for name, value in asdict(wanted).items() if value is not None}
    return replace(before or Address(), **lines)


def find_traded(before: Iterable[tuple[UUID, Hashable]], after: Iterable[tuple[UUID, Hashable]]) -> list[UUID]:
    """Return the accounts whose name goes to another one of the same call; None is no name."""
    taken = {name: account_id for account_id, name in after if name is not None}
    return [account_id for account_id, name in before if taken.get(name, account_id) != account_id]
