"""`enterprises/getAll`: what a portfolio token reaches."""

from uuid import UUID

from msgspec import Struct

from tessera.access.chains import EnterpriseFilter, list_linked_enterprises
from tessera.access.chains import LinkedEnterprise as StoredEnterprise
from tessera.api.connector.v1.calls import Call, Operation
from tessera.api.connector.v1.configuration import EnterpriseData, describe
from tessera.api.connector.v1.pages import Limitation, read_limitation
from tessera.api.connector.v1.refusals import CredentialsError
from tessera.api.connector.v1.scalars import Ids, Texts, TimeInterval, read_interval, write_moment


class LinkedEnterprise(EnterpriseData, rename="pascal", kw_only=True):
    """An enterprise of a portfolio."""

    linked_utc: str


class GetAllEnterprises(Struct, rename="pascal", kw_only=True):
    """Filters of the list."""

    enterprise_ids: Ids | None = None
    external_identifiers: Texts | None = None
    linked_utc: TimeInterval | None = None
    updated_utc: TimeInterval | None = None
    limitation: Limitation | None = None


class EnterprisesPage(Struct, rename="pascal"):
    """Enterprises, and the id of the last of them."""

    enterprises: list[LinkedEnterprise]
    cursor: UUID | None


async def get_all(call: Call, request: GetAllEnterprises) -> EnterprisesPage:
    """List the enterprises of a portfolio token, newest first. An ordinary token is refused."""
    if not call.portfolio:
        raise CredentialsError("Only a portfolio access token may list enterprises.")
    narrowing = EnterpriseFilter(
        ids=request.enterprise_ids,
        external_ids=request.external_identifiers,
        linked_within=read_interval(request.linked_utc, "LinkedUtc"),
        updated_within=read_interval(request.updated_utc, "UpdatedUtc"),
        **read_limitation(call, request.limitation),
    )
    found = await list_linked_enterprises(call.access, call.actor, narrowing)
    return EnterprisesPage([show(item) for item in found], found[-1].enterprise.id if found else None)


def show(stored: StoredEnterprise) -> LinkedEnterprise:
    """Return the enterprise as the contract shows it."""
    return LinkedEnterprise(**describe(stored.enterprise), linked_utc=write_moment(stored.linked_at))


OPERATIONS = (
    Operation(
        "/api/connector/v1/enterprises/getAll",
        None,
        GetAllEnterprises,
        EnterprisesPage,
        get_all,
        paged=True,
        reads=True,
    ),
)
