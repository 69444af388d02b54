"""The door at which mParticle delivers: `POST /integrations/mparticle/inbound/{internal_name}`.

It wants its answer within a tenth of a second, so messages are stored here and applied by a worker. Whatever can be
refused is refused before it costs anything: without a token nothing but the question what this module takes is read.
"""

import logging
import re
import time
from base64 import b64decode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from tessera import inbound
from tessera.api.http import raw_path, write
from tessera.inbound import Message, OpenInbound
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.bodies import BODY_STATUSES, BodyTooLargeError, read_body
from tessera.platform.errors import InvalidError, TesseraError
from tessera.platform.failures import explain_failure
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources

logger = logging.getLogger(__name__)

# The connector type whose address this is.
MPARTICLE = "mparticle_inbound"
MOUNT = "/integrations/mparticle/inbound"
NAME = re.compile(r"/([A-Za-z0-9_]{1,100})")
LARGEST_BODY, LARGEST_UNASKED = 1024 * 1024, 16 * 1024
RETRY_SECONDS = 60
SCHEMES = ("token", "bearer")
LONGEST_TOKEN = 1_000
# One entry of the audit log a minute for each origin and name, of so many at once; guesses must not fill the disk.
NOTED_SECONDS, MOST_NOTED = 60.0, 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)


def refuse(status: int, code: str, message: str, **headers: str) -> Answer:
    """Return a refusal."""
    return Answer(status, {"code": code, "message": message}, headers)


UNKNOWN_ADDRESS = refuse(404, "not_found", "There is nothing at this address.")
WRONG_METHOD = refuse(405, "method_not_allowed", "Send messages with POST.", Allow="POST")
COMPRESSED = refuse(415, "encoding_not_taken", "Send the body as it is, without a Content-Encoding.")
# The same for a name that does not exist: the answer does not reveal which names do.
NO_TOKEN = refuse(
    401,
    "token_refused",
    "Show the profile's token: Authorization: Token …, or as Bearer.",
    **{"WWW-Authenticate": 'Bearer realm="tessera inbound"'},
)
CLOSED = refuse(
    503,
    "inbound_closed",
    "The connection profile is currently disabled.",
    **{"Retry-After": str(RETRY_SECONDS)},
)
AWAY = refuse(503, "unavailable", "The message could not be stored. Send it again.", **{"Retry-After": "5"})


class Refusals:
    """Who was refused recently, so that the audit log names each only once a minute."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[str | None, str], float] = OrderedDict()

    def is_new(self, origin: str | None, name: str) -> bool:
        """Say whether a refusal is to be noted."""
        key, now = (origin, name.lower()), time.monotonic()
        while self._noted and next(iter(self._noted.values())) < now - NOTED_SECONDS:
            self._noted.popitem(last=False)
        if key in self._noted or len(self._noted) >= MOST_NOTED:
            return False
        self._noted[key] = now
        return True


def mount_inbound() -> ASGIRouteHandler:
    """Return the handler of everything below the mount. Senders bring no cookies, so nothing can be forged."""
    refusals = Refusals()

    @asgi(MOUNT, is_mount=True, copy_scope=True)
    async def inbound(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        resources: Resources = scope["app"].state.resources
        try:
            answer = await respond(resources, refusals, scope, receive)
        except Exception as error:
            answer = answer_failure(error)
        headers = {"Content-Type": "application/json", **answer.headers}
        await write(send, answer.status, msgspec.json.encode(answer.content), headers)

    return inbound


def answer_failure(error: Exception) -> Answer:
    """Return what a sender is answered whose message was not stored."""
    if isinstance(error, TesseraError) and type(error) in BODY_STATUSES:
        return refuse(BODY_STATUSES[type(error)], error.code, error.message)
    logger.warning("an inbound message was not taken: %s", explain_failure(error).message)
    return AWAY


async def respond(resources: Resources, refusals: Refusals, scope: Any, receive: Receive) -> Answer:
    """Return the answer to one request."""
    found = NAME.fullmatch(raw_path(scope).removeprefix(MOUNT))
    if found is None:
        return UNKNOWN_ADDRESS
    if scope["method"] != "POST":
        return WRONG_METHOD
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if headers.get(b"content-encoding", "identity").strip().lower() not in ("", "identity"):
        return COMPRESSED
    now = resources.clock()
    token = read_token(headers.get(b"authorization", ""))
    profile = None
    if token is not None:
        profile = await inbound.find_inbound(
            resources.database.reader, resources.keys, name=found[1], token=token, now=now
        )
    if profile is None:
        return await turn_away(resources, refusals, scope, receive, found[1])
    if not profile.open:
        return CLOSED
    body = await read_body(receive, scope["headers"], LARGEST_BODY)
    return await take(resources, profile, body, now)


async def take(resources: Resources, profile: OpenInbound, body: bytes, now: datetime) -> Answer:
    """Store what the body holds; an empty one, by which mParticle asks whether we are there, is answered alike."""
    try:
        messages, several = inbound.read_messages(MPARTICLE, body)
    except InvalidError as error:
        return refuse(400, error.code, error.message)
    async with resources.database.session() as session:
        await inbound.receive_messages(session, resources.keys, profile, messages, now=now)
    answers = [inbound.answer_message(MPARTICLE, message, profile, now=now) for message in messages]
    status = 200 if all(message.is_registration or message.is_empty for message in messages) else 202
    return Answer(status, answers if several else answers[0] if answers else {})


async def turn_away(resources: Resources, refusals: Refusals, scope: Any, receive: Receive, name: str) -> Answer:
    """Refuse who shows no token that fits, but say what this module takes: mParticle asks for that without one."""
    try:
        asked = read_registration(await read_body(receive, scope["headers"], LARGEST_UNASKED))
    except BodyTooLargeError:
        asked = None
    if asked is not None:
        return Answer(200, inbound.answer_message(MPARTICLE, asked, None, now=resources.clock()))
    client = scope.get("client")
    origin = client[0] if client else None
    if refusals.is_new(origin, name):
        actor = Actor(
            ActorKind.SYSTEM, None, "an unknown sender", chains=frozenset(), origin=origin, request_id=str(new_id())
        )
        async with resources.database.session() as session:
            await inbound.record_refusal(session, actor, name)
    return NO_TOKEN


def read_registration(body: bytes) -> Message | None:
    """Return the question what this module takes, where the body is one."""
    if b"module_registration_request" not in body:
        return None
    try:
        messages, several = inbound.read_messages(MPARTICLE, body)
    except InvalidError:
        return None
    return messages[0] if not several and messages[0].is_registration else None


def read_token(header: str) -> str | None:
    """Return the token that a sender shows, in whichever scheme its side can be configured to use."""
    scheme, _, rest = header.strip().partition(" ")
    token = rest.strip()
    if scheme.lower() == "basic":
        try:
            token = b64decode(token, validate=True).decode().partition(":")[2]
        except ValueError:
            return None
    elif scheme.lower() not in SCHEMES:
        return None
    return token if 0 < len(token) <= LONGEST_TOKEN and token.isascii() else None
