"""Keeps one access token usable for many callers and many processes: one asks the endpoint, the others wait."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tessera.connectors.tokens import store
from tessera.connectors.tokens.errors import TokenError
from tessera.connectors.tokens.grants import TokenGrant
from tessera.connectors.tokens.requests import FetchedToken, request_token
from tessera.platform.db import Database, Row, Session
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id
from tessera.platform.secrets import KeyRing, SecretError

# A holder that lives renews its claim; one that died blocks the others no longer than this.
LEASE_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 0.02
LOOK_AGAIN_MOST = 0.25
LONGEST_WAIT = 60.0
MARGIN_MOST = 60.0
MARGIN_SHARE = 0.1
# Tokens that expire before they can be used are not fetched endlessly.
MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and until when, on this process's own clock, a request may start with it."""

    text: str = field(repr=False)
    generation: int
    usable_until: float

    @property
    def usable(self) -> bool:
        """Whether a request may start with it now."""
        return time.monotonic() < self.usable_until


class TokenKeeper:
    """The token of one profile as one sender sees it; the row in the database is what all of them share.

    No transaction is open while the endpoint takes its time. A token counts from before it was asked for, so that it
    never ends here later than there.
    """

    def __init__(
        self, grant: TokenGrant, profile_id: UUID, *, database: Database, keys: KeyRing, client: OutboundClient
    ) -> None:
        self._grant = grant
        self._database = database
        self._keys = keys
        self._client = client
        fingerprint = fingerprint_of(grant, keys)
        self._place = (profile_id, fingerprint)
        self._purpose = f"oauth-token:{profile_id}:{fingerprint.hex()}"
        self._token: Token | None = None
        self._refused = 0
        self._flight: asyncio.Task[Token] | None = None
        self._waiting = 0

    @property
    def secrets(self) -> tuple[str, ...]:
        """What the token is asked for with, for masking."""
        return self._grant.secrets

    async def get(self) -> Token:
        """Return a token that a request may start with now; raise a TokenError when there is none to be had."""
        for _ in range(MOST_TRIES):
            token = self._token
            if token is None or not token.usable:
                token = await self._wait_for_flight()
            if token.usable:
                return token
        raise TokenError(
            "The token endpoint gives tokens that end before they can be used. Have them last longer.",
            reason="oauth_token_too_short",
            temporary=True,
        )

    def refuse(self, token: Token) -> None:
        """Never use this token again: the receiver refused it. A newer one stays."""
        self._refused = max(self._refused, token.generation)
        if self._token is not None and self._token.generation <= self._refused:
            self._token = None

    async def _wait_for_flight(self) -> Token:
        """Share one flight with all callers of this process; the last one that gives up takes it down."""
        flight = self._flight
        if flight is None or flight.done():
            flight = self._flight = asyncio.create_task(self._obtain())
            self._waiting = 0
        self._waiting += 1
        try:
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            if flight is self._flight and not flight.done() and self._waiting == 1:
                self._flight = None  # the next caller fetches again
                flight.cancel()
            raise
        finally:
            if flight is self._flight:
                self._waiting -= 1

    async def _obtain(self) -> Token:
        """Take the token that is there, or fetch the next one; wait while another caller does."""
        claim, pause = new_id(), LOOK_AGAIN_SECONDS
        give_up = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < give_up:
            async with self._database.session() as session:
                await session.connection()  # waiting for one must not count as the token's time
                before = time.monotonic()
                row = await store.find_token(session, self._place)
                token = self._read(row, before)
                claimed_at = None if token or (row and row["claimed"]) else await self._claim(session, claim)
            if token is None and claimed_at is not None:
                token = await self._fetch(claim, claimed_at, before)
            if token is not None:
                self._token = token
                return token
            await asyncio.sleep(pause)
            pause = min(2 * pause, LOOK_AGAIN_MOST)
        message = "Another process has been asking for an access token for a minute. Try again later."
        raise TokenError(message, reason="oauth_unavailable", temporary=True)

    def _read(self, row: Row | None, before: float) -> Token | None:
        """Return the stored token if it can be used; one that no key opens any more is as good as refused."""
        if row is None or row["sealed_token"] is None or row["generation"] <= self._refused:
            return None
        if row["usable_seconds"] <= 0:
            return None
        try:
            text = self._keys.open(row["sealed_token"], self._purpose).reveal()
        except SecretError:
            self._refused = row["generation"]
            return None
        return Token(text, row["generation"], before + row["usable_seconds"])

    async def _claim(self, session: Session, claim: UUID) -> datetime | None:
        return await store.claim_token(session, self._place, claim=claim, lease=LEASE_SECONDS, refused=self._refused)

    async def _fetch(self, claim: UUID, claimed_at: datetime, before: float) -> Token | None:
        """Ask the endpoint, hold the claim meanwhile, and share what came; None if the claim was lost."""
        holding = asyncio.create_task(self._hold(claim))
        try:
            fetched = await request_token(self._client, self._grant)
        except BaseException:
            async with self._database.session() as session:
                await store.release_claim(session, self._place, claim=claim)
            raise
        finally:
            holding.cancel()
            await asyncio.gather(holding, return_exceptions=True)
        return await self._keep(fetched, claim, claimed_at=claimed_at, before=before)

    async def _keep(self, fetched: FetchedToken, claim: UUID, *, claimed_at: datetime, before: float) -> Token | None:
        seconds = fetched.lifetime_seconds
        usable = seconds - min(MARGIN_MOST, MARGIN_SHARE * seconds)
        sealed = self._keys.seal(fetched.text, self._purpose)
        async with self._database.session() as session:
            generation = await store.keep_token(
                session, self._place, claim=claim, sealed=sealed, claimed_at=claimed_at, usable_seconds=usable
            )
        return None if generation is None else Token(fetched.text, generation, before + usable)

    async def _hold(self, claim: UUID) -> None:
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            async with self._database.session() as session:
                await store.hold_claim(session, self._place, claim=claim, lease=LEASE_SECONDS)


def fingerprint_of(grant: TokenGrant, keys: KeyRing) -> bytes:
    """Return a keyed digest of what the token is asked for with: another property is another token."""
    parts = [grant.url, *(f"{name}:{value}" for name, value in grant.headers), grant.body.decode()]
    return keys.digest("\n".join([*parts, str(grant.lifetime_seconds)]), "oauth-token")
