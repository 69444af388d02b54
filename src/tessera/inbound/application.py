"""The worker's part: stored messages become members and changes of their attributes, each exactly once.

A message's new state is written in the transaction of what it did: a worker that is killed in between has done neither.
Known members are changed many at a time, held in the order in which everybody holds accounts, so that nobody waits in a
ring; whatever else a message asks for goes by itself.
"""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from sqlalchemy.exc import DBAPIError

from tessera.inbound.errors import MessageNotFoundError, MessageUnreadableError
from tessera.inbound.events import MESSAGE_REJECTED
from tessera.inbound.members import Claim, apply_to_member
from tessera.inbound.outcomes import Outcome, ignored, rejected
from tessera.inbound.receipts import purpose_of
from tessera.inbound.sources import get_source
from tessera.inbound.store import messages as store
from tessera.inbound.values import MessageState
from tessera.inbound.windows import MemberUpdate, change_members
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Row, Session
from tessera.platform.errors import TesseraError, UnavailableError
from tessera.platform.events import Event, record_events
from tessera.platform.resources import Resources

logger = logging.getLogger(__name__)

# Looked at together.
WINDOW = 200
# Classes of SQLSTATE that speak of a value: data exceptions, and broken constraints.
REFUSALS = ("22", "23")


async def apply_due(resources: Resources) -> int:
    """Apply every message that waits; return how many. Any number of workers share the work, profile by profile.

    Changes of known members go many at a time; what is left of such a window, one by one.
    """
    applied = 0
    # Far cheaper than a transaction, and mostly the answer is no.
    if not await store.has_waiting(resources.database.reader):
        return applied
    while True:
        together, left = await apply_together(resources)
        applied += together
        for _ in range(left):
            if not await apply_next(resources):
                break
            applied += 1
        if not together and not left:
            return applied


async def apply_together(resources: Resources) -> tuple[int, int]:
    """Apply what can go together of the next window; return how many that were, and how many are left of it."""
    count = 0
    try:
        async with resources.database.session() as session:
            profile = await store.claim_profile(session)
            if profile is None:
                return 0, 0
            claim = make_claim(profile, resources)
            rows = await store.list_waiting(session, claim.profile_id, WINDOW)
            count = len(rows)
            together = await change_members(
                session, claim, [each for row in rows if (each := read_update(resources, claim, row))]
            )
            return together, count - together
    except (TesseraError, DBAPIError, psycopg.Error) as error:
        # One of them cannot be applied, and each by itself shows which; what is not a message's fault shows again.
        logger.info("messages are applied one by one: %s", type(error).__name__)
        return 0, count


def read_update(resources: Resources, claim: Claim, row: Row) -> MemberUpdate | None:
    """Return what a message says of its member; None where it has to be read by itself."""
    try:
        document = read_document(resources, row)
        if not claim.rules.update_existing or claim.source.find_reason(claim.rules, row["type"], document):
            return None
        mapped = claim.source.map_document(claim.rules, document)
    except (TesseraError, ValueError, TypeError, RecursionError):
        return None
    value = mapped.values.get(claim.rules.lookup_by)
    return MemberUpdate(row["id"], value, mapped, moment_of(row)) if value else None


async def apply_next(resources: Resources) -> bool:
    """Apply the next message of the profile whose oldest one waits longest; return False where none waits."""
    claim: Claim | None = None
    message_id: UUID | None = None
    try:
        async with resources.database.session() as session:
            profile = await store.claim_profile(session)
            if profile is None:
                return False
            claim = make_claim(profile, resources)
            # Asked after the claim: before it, another worker may have applied this very message.
            row = await store.find_waiting(session, claim.profile_id)
            if row is None:
                return True
            message_id = row["id"]
            await finish(session, claim, message_id, await apply(session, resources, claim, row))
            return True
    except (TesseraError, DBAPIError, psycopg.Error, ValueError, TypeError, RecursionError) as error:
        if claim is None or message_id is None:
            raise
        outcome = explain(error, message_id)
    async with resources.database.session() as session:
        await finish(session, claim, message_id, outcome)
    return True


def make_claim(profile: Row, resources: Resources) -> Claim:
    """Return what is needed to apply a profile's messages; whatever they change bears the profile's mark."""
    actor = Actor(
        ActorKind.SYSTEM,
        profile["id"],
        f"mParticle ({profile['label']})",
        chains=frozenset({profile["chain_id"]}),
        permissions=frozenset({"members:write"}),
    )
    source = get_source(profile["type"])
    rules = source.read_rules(profile["settings"])
    return Claim(profile["id"], profile["chain_id"], actor, source, rules, resources.clock())


async def finish(session: Session, claim: Claim, message_id: UUID, outcome: Outcome) -> None:
    """Write the outcome of a message that still waits; raise if another worker was faster."""
    if not await store.settle_message(session, outcome.describe(message_id), claim.now):
        raise MessageNotFoundError(f"The message {message_id} waits no longer.")
    if outcome.state is MessageState.REJECTED:
        payload = {"profile_id": claim.profile_id, "reason": outcome.reason}
        await record_events(session, [Event(claim.chain_id, MESSAGE_REJECTED, message_id, payload)])


async def apply(session: Session, resources: Resources, claim: Claim, row: Row) -> Outcome:
    """Apply one message by its profile's rules."""
    document = read_document(resources, row)
    reason = claim.source.find_reason(claim.rules, row["type"], document)
    if reason is not None:
        return ignored(reason)
    mapped = claim.source.map_document(claim.rules, document)
    if not mapped.values.get(claim.rules.lookup_by):
        return rejected("no_lookup_value", f"The message has no {claim.rules.lookup_by}.", notes=mapped.notes)
    return await apply_to_member(session, claim, mapped, moment_of(row))


def read_document(resources: Resources, row: Row) -> Mapping[str, Any]:
    """Return what a stored message holds."""
    document = msgspec.json.decode(resources.keys.open(row["sealed_body"], purpose_of(row["id"])).reveal())
    if not isinstance(document, Mapping):
        raise MessageUnreadableError("The message is not a JSON object.")
    return document


def moment_of(row: Row) -> int:
    """Return how new a message is, in milliseconds."""
    return int((row["sent_at"] or row["received_at"]).timestamp() * 1000)


def explain(error: Exception, message_id: UUID) -> Outcome:
    """Return the rejection that an error means; raise it again where not the message is at fault."""
    if isinstance(error, UnavailableError | MessageNotFoundError):
        raise error
    if isinstance(error, TesseraError):
        if error.code == "changed_meanwhile":  # the same message may well succeed in a moment
            raise error
        return rejected(error.code, error.message)
    if isinstance(error, DBAPIError | psycopg.Error) and not is_refusal(error):
        raise error
    logger.error("message %s could not be applied: %s", message_id, type(error).__name__)
    return rejected("failed", "The message could not be applied as it is. Report its id.")


def is_refusal(error: DBAPIError | psycopg.Error) -> bool:
    """Say whether the database refused a value, rather than its service."""
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(cause, "sqlstate", None) or "")[:2] in REFUSALS
