"""One object of each kind in one chain, so that every address can be visited."""

from typing import Any
from uuid import UUID

from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.key_files import ssh_key
from tests.builders.mparticle import encode, firehose
from tests.builders.receivers import run_receiver

from tessera import connectors, inbound, loyalty, notifications, outbound
from tessera.access import chains as access_chains
from tessera.access import keys as access_keys
from tessera.access.chains import NewEnterprise
from tessera.access.keys import NewAccessToken, NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID, NewRole, create_role
from tessera.access.users import NewUser, create_users
from tessera.connectors import NewProfile, address_policy
from tessera.connectors import keys as connector_keys
from tessera.connectors.keys import NewEncryptionKey
from tessera.inbound import MessageQuery
from tessera.loyalty import MembershipFilter, NewTier
from tessera.notifications import NewSubscription
from tessera.platform.audit import TrailFilter, list_entries
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.mail import MailMessage, send_mail
from tessera.web.integrations.tiles import list_tiles

PASSWORD = "a quiet sentence"
# What belongs to no chain: whoever may, sees it.
SHARED = frozenset({"document", "missing", "name", "tile_key", "type_key", "role_id", "step"})
# Where a parameter stands for another object than elsewhere: a part of the address, the parameter, the other's name.
INSTEAD = tuple((part, name, "inbound_id") for part in ("/messages", "/inbound") for name in ("profile_id", "profile"))
# What only its own user sees, and nobody else whatever they may.
PERSONAL = frozenset({"session_id"})


async def make_one_of_each(house: SmallHouse) -> dict[str, str]:
    """Make a chain with one object of each kind; return, by the names that addresses have for them, their ids."""
    chain_id = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain_id, receiver.url)
        run = await run_to_end(house, definition)
    assert definition.template_id is not None
    inbound = await make_inbound(house, chain_id)
    assert definition.template_id is not None
    async with house.database.session() as session:
        found: dict[str, Any] = {
            **inbound,
            "chain_id": chain_id,
            "definition_id": definition.id,
            "run_id": run.id,
            "number": 0,
            "sequence": 1,
            "query_id": definition.query_id,
            "query_ref": definition.query_id,
            "template_id": definition.template_id,
            "template": definition.template_id,
            **await find_profile(session, chain_id, definition.template_id),
            **await make_members(session, chain_id),
            **await make_access(session, house, chain_id),
            **await make_subscription(session, house, chain_id),
            **await make_encryption_key(session, house, chain_id),
            **await make_mail(session, house, chain_id),
        }
        (entry,) = await list_entries(session, ACTOR, TrailFilter(chain_id=chain_id), count=1)
        tile = list_tiles()[0]
    shared = {
        "entry_id": entry.id,
        "document": "management-v1",
        "missing": "nowhere",
        "name": "upgrade",
        "tile_key": tile.key,
        "type_key": tile.first.key,
        "step": "filter",
    }
    return {name: str(value) for name, value in {**found, **shared}.items()}


async def find_profile(session: Session, chain_id: UUID, template_id: UUID) -> dict[str, Any]:
    """Return the profile that the template sends through."""
    template = await outbound.get_template(session, ACTOR, chain_id, template_id)
    return {"profile_id": template.profile_id, "profile": template.profile_id}


async def make_members(session: Session, chain_id: UUID) -> dict[str, Any]:
    """Return a membership with its account and program, and make a tier for it."""
    (member,) = await loyalty.list_memberships(session, ACTOR, MembershipFilter(chain_ids=[chain_id]), now=now())
    new = NewTier(program_id=member.program_id, name="Gold", code="GOLD", ordering=7)
    (tier,) = await loyalty.create_tiers(session, ACTOR, chain_id, [new], now=now())
    return {
        "membership_id": member.id,
        "account_id": member.account_id,
        "program_id": member.program_id,
        "tier_id": tier.id,
    }


async def make_access(session: Session, house: SmallHouse, chain_id: UUID) -> dict[str, Any]:
    """Make a role, a user, an API key and tokens."""
    keys, chains, admin = house.resources.keys, frozenset({chain_id}), frozenset({ADMIN_ROLE_ID})
    role = await create_role(session, ACTOR, NewRole("Night desk", frozenset({"members:read"})), now=now())
    (user,) = await create_users(
        session, ACTOR, [NewUser("one@example.com", "One", PASSWORD, chains=chains, roles=admin)]
    )
    (key,) = await create_api_keys(session, ACTOR, keys, [NewApiKey("One", chains=chains, roles=admin)], now=now())
    (place,) = await access_chains.create_enterprises(session, ACTOR, chain_id, [NewEnterprise(name="One")], now=now())
    (client,) = await access_keys.create_client_tokens(session, ACTOR, keys, ["One"], now=now())
    new = NewAccessToken(client_token_id=client.id, label="One", enterprise_ids=[place.id])
    (access,) = await access_keys.create_access_tokens(session, ACTOR, keys, [new], now=now())
    return {
        "role_id": role.id,
        "user_id": user.id,
        "api_key_id": key.key.id,
        "enterprise_id": place.id,
        "client_token_id": client.id,
        "access_token_id": access.id,
        "token_id": access.id,
    }


async def make_inbound(house: SmallHouse, chain_id: UUID) -> dict[str, Any]:
    """Make an inbound profile and let a message come in."""
    resources = house.resources
    new, policy = NewProfile("mparticle_inbound", "standard", "One"), address_policy(resources.settings)
    async with house.database.session() as session:
        profile = await connectors.create_profile(
            session, ACTOR, chain_id=chain_id, new=new, keys=resources.keys, policy=policy
        )
    inlet = await inbound.find_inbound(
        house.database.reader, resources.keys, name=profile.internal_name, token=str(profile.token), now=now()
    )
    assert inlet
    messages, _ = inbound.read_messages("mparticle_inbound", encode(firehose()))
    async with house.database.session() as session:
        await inbound.receive_messages(session, resources.keys, inlet, messages, now=now())
    async with house.database.session() as session:
        page = await inbound.list_inbound_messages(session, ACTOR, profile.id, MessageQuery())
    return {"inbound_id": profile.id, "message_id": page.items[0].id}


async def make_mail(session: Session, house: SmallHouse, chain_id: UUID) -> dict[str, Any]:
    """Put a mail about the chain into the outbox."""
    (mail_id,) = await send_mail(
        session, house.resources, [MailMessage("one@example.com", "One", ("A line.",))], chain_id=chain_id
    )
    return {"mail_id": mail_id}


async def make_encryption_key(session: Session, house: SmallHouse, chain_id: UUID) -> dict[str, Any]:
    """Make a key for SFTP."""
    new = NewEncryptionKey("rsa_private_key", "One", ssh_key())
    made = await connector_keys.create_encryption_key(
        session, ACTOR, chain_id=chain_id, new=new, keys=house.resources.keys
    )
    return {"key_id": made.id, "encryption_key": made.id}


async def make_subscription(session: Session, house: SmallHouse, chain_id: UUID) -> dict[str, Any]:
    """Make a webhook subscription."""
    new = NewSubscription("One", "http://127.0.0.1:9/hook")
    (made,) = await notifications.create_subscriptions(session, ACTOR, house.resources, chain_id, [new], now=now())
    return {"subscription_id": made.subscription.id}
