"""What the demo sets up around its data: chain, enterprises, tokens, and an export from query to receiver."""

import json
from dataclasses import dataclass
from uuid import UUID

from tessera import connectors, exports, outbound, queries
from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.access.chains import NewEnterprise
from tessera.access.keys import NewApiKey
from tessera.cli.context import CommandContext
from tessera.cli.demo.people import CHOSEN_PROGRAM, CHOSEN_TIER, POINTS_LIMIT, PROGRAMS
from tessera.connectors import NewProfile, ProfileChange
from tessera.exports import Definition, NewDefinition, Owner
from tessera.outbound import NewTemplate
from tessera.platform.actors import ActorKind
from tessera.queries import NewQuery, Query

CHAIN = "Tessera Demo Hotels"
ENTERPRISES = (
    NewEnterprise(name="Harbour House", short_name="HH", pricing="Gross"),
    NewEnterprise(
        name="Lakeside Inn",
        short_name="LI",
        pricing="Net",
        time_zone="America/New_York",
        default_language_code="en-US",
        currency_code="USD",
    ),
)
PROGRAM, TIER = PROGRAMS[CHOSEN_PROGRAM], PROGRAMS[CHOSEN_PROGRAM].tiers[CHOSEN_TIER]
QUERY_TEXT = f"""\
SELECT membership_id, membership_number, first_name, last_name, email, balance, expires_at
FROM members
WHERE program_code = '{PROGRAM.code}'
  AND tier_code = '{TIER.code}'
  AND state = 'Enrolled'
  AND balance > {POINTS_LIMIT}
"""  # noqa: S608 - our own constants
BODY = {
    "id": "{{ membership_id }}",
    "number": "{{ membership_number }}",
    "name": "{{ first_name }} {{ last_name }}",
    "email": "{{ email }}",
    "points": "{{ balance }}",
    "expires": "{{ expires_at }}",
}
ENVELOPE = {"members": "{{ records }}"}
ROWS_A_REQUEST = 100
IN_FLIGHT = 4

NEW_QUERY = NewQuery(
    f"{TIER.name} members of {PROGRAM.name} above {POINTS_LIMIT:,} points",
    QUERY_TEXT,
    internal_name="chosen_members",
    key_columns=("membership_id",),
)
SHAPE = outbound.read_shape(
    {
        "method": "POST",
        "url_path": "/members",
        "body": json.dumps(BODY, indent=2),
        "envelope": json.dumps(ENVELOPE),
        "batch_size": ROWS_A_REQUEST,
    }
)


@dataclass(frozen=True, slots=True)
class Arranged:
    """The demo's export."""

    query: Query
    profile_id: UUID
    definition: Definition


async def create_demo_chain(context: CommandContext) -> UUID:
    """Create the chain with its enterprises, and accept the published tokens of the Connector API."""
    now = context.now()
    async with context.session() as session:
        chain = (await access_chains.create_chains(session, context.actor, [CHAIN], now=now))[0]
        made = await access_chains.create_enterprises(session, context.actor, chain.id, ENTERPRISES, now=now)
        places = [enterprise.id for enterprise in made]
        await access_keys.create_demo_tokens(session, context.actor, context.resources.keys, places, now=now)
    return chain.id


async def arrange_export(context: CommandContext, chain_id: UUID, *, url: str, token: str) -> Arranged:
    """Create query, profile, template and definition."""
    keys, policy = context.resources.keys, connectors.address_policy(context.resources.settings)
    async with context.session() as session:
        query = await queries.create_query(
            session, context.actor, context.application.engine, chain_id=chain_id, new=NEW_QUERY
        )
        profile = await connectors.create_profile(
            session, context.actor, chain_id=chain_id, new=new_profile(url, token), keys=keys, policy=policy
        )
        new_template = NewTemplate(
            "Members in batches", query.id, profile.id, SHAPE, internal_name="members_in_batches"
        )
        template = await outbound.create_template(
            session, context.actor, chain_id=chain_id, new=new_template, keys=keys
        )
        sender = NewApiKey("Demo export", frozenset({chain_id}), frozenset({"members:read"}))
        (made,) = await access_keys.create_api_keys(session, context.actor, keys, [sender], now=context.now())
        new = NewDefinition(
            label=f"{TIER.name} members to the demo's receiver",
            query_id=query.id,
            template_id=template.id,
            internal_name="demo",
            settings={"concurrency": IN_FLIGHT},
            owner=Owner(ActorKind.API_KEY, made.key.id, made.key.label),
        )
        definition = await exports.create_definition(
            session, context.actor, chain_id=chain_id, new=new, keys=keys, now=context.now()
        )
    return Arranged(query, profile.id, definition)


async def point_profile(context: CommandContext, chain_id: UUID, profile_id: UUID, *, url: str, token: str) -> None:
    """Let the demo's profile reach a receiver that listens elsewhere now."""
    keys, policy = context.resources.keys, connectors.address_policy(context.resources.settings)
    async with context.session() as session:
        profile = await connectors.get_profile(session, context.actor, chain_id, profile_id)
        change = ProfileChange(settings={"base_url": url, "token": token})
        await connectors.update_profile(session, context.actor, profile, change, keys=keys, policy=policy)


def new_profile(url: str, token: str) -> NewProfile:
    """Return the profile that reaches the receiver."""
    return NewProfile(
        "http_api",
        "bearer",
        "The demo's receiver",
        internal_name="demo_receiver",
        settings={"base_url": url, "token": token},
    )
