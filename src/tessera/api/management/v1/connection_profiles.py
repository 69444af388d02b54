"""Connection profiles: how to reach outside systems. Secrets go in and never come out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from tessera import connectors
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked, NameOrId
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.api.management.v1.shapes import show_as
from tessera.connectors import NewProfile, ProfileChange, ProfileFilter
from tessera.connectors.contract import connector_types
from tessera.platform.errors import InvalidError

Settings = Annotated[
    dict[str, Any],
    Meta(description="The properties that its connector declares. What is left out stays, null clears; secrets too."),
]
Sort = Literal["label", "-label", "created", "-created", "updated", "-updated"]
# Everything else that is wrong is about a property.
MEMBERS = frozenset({"label", "internal_name", "type", "variant", "enabled", "options", ""})


class ProfileQuery(SearchQuery, frozen=True):
    """Which profiles to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    type: Annotated[Text | None, Meta(description="Those of this connector only.")] = None
    sort: Annotated[Sort, Meta(description="By label, or by when it was made or changed; - turns it round.")] = "label"


class NewConnectionProfile(Asked, frozen=True):
    """A profile to make."""

    chain_id: UUID
    type: Annotated[Text, Meta(description="Key of its connector.", examples=["http_api"])]
    label: Label
    variant: Annotated[
        Text | None, Meta(description="How it authenticates; frozen from then on. Null where there is one way only.")
    ] = None
    internal_name: Annotated[Text | None, Meta(description="Null makes one of the label.")] = None
    settings: Settings = field(default_factory=dict)
    enabled: bool = True
    draft: Annotated[bool, Meta(description="Required properties may be missing; nothing can select it then.")] = False


class ConnectionProfileChange(Asked, frozen=True):
    """What to change of a profile; what is left out stays."""

    label: Label | UnsetType = UNSET
    internal_name: Text | UnsetType = UNSET
    variant: Annotated[Text | UnsetType, Meta(description="Refused unless it is the one there is.")] = UNSET
    settings: Settings | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ProfileTest(Asked, frozen=True):
    """How to test a connection."""

    options: Annotated[
        list[Annotated[str, Meta(max_length=100)]], Meta(max_length=20, description="Some of `test_options`.")
    ] = field(default_factory=list)


class ConnectionProfile(Struct, frozen=True):
    """Saved settings to reach one outside system."""

    id: UUID
    chain_id: UUID
    type: str
    variant: str
    label: str
    internal_name: str
    settings: Annotated[Mapping[str, Any], Meta(description="Its properties, but for its secrets.")]
    secrets: Annotated[Mapping[str, datetime], Meta(description="Which secrets are set, and since when.")]
    state: Literal["incomplete", "ready"]
    enabled: bool
    used_by: Annotated[int, Meta(description="How many templates and definitions use it.")]
    version: Annotated[int, Meta(description="Rises with every change; the `ETag`.")]
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None
    token: Annotated[
        str | None, Meta(description="Opens the door of an inbound profile; in the answer that made it, this once.")
    ] = None


class TestStep(Struct, frozen=True):
    """One thing that was tried."""

    title: str
    passed: Annotated[bool | None, Meta(description="Null where it was not reached, or does not decide.")]
    message: str


class TestOutcome(Struct, frozen=True):
    """What came of a test."""

    passed: bool
    status: Annotated[int | None, Meta(description="The last HTTP status that came.")]
    steps: Sequence[TestStep]


show_profile = show_as(ConnectionProfile)


async def list_connection_profiles(call: Call, query: ProfileQuery) -> NumberedListing[ConnectionProfile]:
    """List connection profiles, by label unless asked otherwise."""
    wanted = ProfileFilter(query.chain_id, query.type, query.q, query.sort)
    page = await connectors.list_profiles(call.session, call.actor, wanted, number=query.page, size=query.limit)
    return number_page(page, show_profile)


async def create_connection_profile(call: Call, body: NewConnectionProfile) -> ConnectionProfile:
    """Make a connection profile.

    Its addresses must be ones that this deployment calls.
    """
    connector = connector_types().get(body.type)
    only = connector.variants[0].key if connector and len(connector.variants) == 1 else ""
    new = NewProfile(
        type=body.type,
        variant=only if body.variant is None else body.variant,
        label=body.label,
        internal_name=body.internal_name,
        settings=body.settings,
        enabled=body.enabled,
        draft=body.draft,
    )
    policy = connectors.address_policy(call.resources.settings)
    with faults_at_members():
        made = await connectors.create_profile(
            call.session, call.actor, chain_id=body.chain_id, new=new, keys=call.resources.keys, policy=policy
        )
    return show_profile(made)


async def get_connection_profile(call: Call, profile: NameOrId) -> ConnectionProfile:
    """Show a connection profile."""
    return show_profile(await connectors.get_profile(call.session, call.actor, None, profile))


async def update_connection_profile(
    call: Call, profile: NameOrId, body: ConnectionProfileChange, if_match: int | None
) -> ConnectionProfile:
    """Change a connection profile: everything but its connector and how it authenticates."""
    stored = await connectors.get_profile(call.session, call.actor, None, profile)
    given = {name: getattr(body, name) for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    policy = connectors.address_policy(call.resources.settings)
    with faults_at_members():
        changed = await connectors.update_profile(
            call.session,
            call.actor,
            stored,
            ProfileChange(**given, version=if_match),
            keys=call.resources.keys,
            policy=policy,
        )
    return show_profile(changed)


async def delete_connection_profile(call: Call, profile: NameOrId, if_match: int | None) -> None:
    """Delete a connection profile that nothing uses."""
    await connectors.delete_profile(call.session, call.actor, None, profile, version=if_match)


async def copy_connection_profile(call: Call, profile: NameOrId) -> ConnectionProfile:
    """Copy a connection profile, secrets included, under the next free label and internal name."""
    return show_profile(
        await connectors.copy_profile(call.session, call.actor, None, profile, keys=call.resources.keys)
    )


async def test_connection_profile(call: Call, profile: NameOrId, body: ProfileTest) -> TestOutcome:
    """Try whether a connection profile reaches its system, step by step."""
    async with call.resources.database.session() as session:
        stored = await connectors.get_profile(session, call.actor, None, profile)
    result = await connectors.test_profile(
        call.resources,
        call.client,
        call.actor,
        chain_id=stored.chain_id,
        profile_id=stored.id,
        options=body.options,
    )
    steps = [TestStep(step.title, step.passed, step.message) for step in result.steps]
    return TestOutcome(result.passed, result.status, steps)


@contextmanager
def faults_at_members() -> Iterator[None]:
    """Let faults of properties point into `settings`, where the body has them."""
    try:
        yield
    except InvalidError as error:
        faults = error.details.get("faults")
        if isinstance(faults, Mapping):
            error.details["faults"] = {pointer_of(str(name)): fault for name, fault in faults.items()}
        raise


def pointer_of(name: str) -> str:
    """Return the JSON pointer of a member or property, without its first stroke."""
    return name if name in MEMBERS else f"settings/{name.replace('~', '~0').replace('/', '~1')}"


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "type": "http_api",
    "variant": "bearer",
    "label": "CRM",
    "settings": {"base_url": "https://crm.example.com/v1", "token": "…"},
}
CHANGE = {"label": "CRM, new", "settings": {"read_timeout_seconds": 60}}
BASE = "/connection-profiles"
ONE = f"{BASE}/{{profile}}"
WRITE = "connection-profiles:write"
ROUTES = (
    Route("GET", BASE, "connection-profiles:read", list_connection_profiles),
    Route("POST", BASE, WRITE, create_connection_profile, status=201, example=EXAMPLE, made="/id"),
    Route("GET", ONE, "connection-profiles:read", get_connection_profile, conflicts=True),
    Route("PATCH", ONE, WRITE, update_connection_profile, example=CHANGE),
    Route("DELETE", ONE, "connection-profiles:admin", delete_connection_profile),
    Route("POST", f"{ONE}/copy", WRITE, copy_connection_profile, status=201),
    Route("POST", f"{ONE}/test", WRITE, test_connection_profile, example={"options": []}, in_transaction=False),
)
