"""Statements on access tokens: one row is both the token and the right to fetch the next one.

Times are the database's own: workers run on many machines, and clocks differ.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row

FIND = text("""
SELECT generation, sealed_token,
       extract(epoch FROM usable_until - clock_timestamp())::float8 AS usable_seconds,
       coalesce(claimed_until > clock_timestamp(), false) AS claimed
  FROM oauth_tokens WHERE profile_id = :profile_id AND fingerprint = :fingerprint
""")

# The one that changes the row has the claim. A usable token is taken away only from those who were refused with it; one
# that is claimed only when its holder is gone.
CLAIM = text("""
INSERT INTO oauth_tokens AS held (profile_id, fingerprint, chain_id, claim, claimed_until)
SELECT id, :fingerprint, chain_id, :claim, clock_timestamp() + make_interval(secs => :lease)
  FROM connection_profiles WHERE id = :profile_id
ON CONFLICT (profile_id, fingerprint) DO UPDATE
   SET claim = excluded.claim, claimed_until = excluded.claimed_until, sealed_token = NULL, usable_until = NULL
 WHERE (held.claimed_until IS NULL OR held.claimed_until < clock_timestamp())
   AND (held.usable_until IS NULL OR held.usable_until < clock_timestamp() OR held.generation <= :refused)
RETURNING clock_timestamp() AS claimed_at
""")

HOLD = text("""
UPDATE oauth_tokens SET claimed_until = clock_timestamp() + make_interval(secs => :lease)
 WHERE profile_id = :profile_id AND fingerprint = :fingerprint AND claim = :claim
""")

KEEP = text("""
UPDATE oauth_tokens
   SET generation = generation + 1, sealed_token = :sealed, claim = NULL, claimed_until = NULL,
       usable_until = cast(:claimed_at AS timestamptz) + make_interval(secs => :usable_seconds)
 WHERE profile_id = :profile_id AND fingerprint = :fingerprint AND claim = :claim
RETURNING generation
""")

RELEASE = text("""
UPDATE oauth_tokens SET claim = NULL, claimed_until = NULL
 WHERE profile_id = :profile_id AND fingerprint = :fingerprint AND claim = :claim
""")

# A run goes on with the properties it began with, and leaves its token behind.
FORGET_OTHERS = text("""
DELETE FROM oauth_tokens
 WHERE profile_id = :profile_id AND fingerprint <> :fingerprint AND usable_until < clock_timestamp()
""")

FORGET = text("DELETE FROM oauth_tokens WHERE profile_id = :profile_id")

Place = tuple[UUID, bytes]


async def find_token(session: Session, place: Place) -> Row | None:
    """Return the token's generation, its sealed text, how long it can still be used, and whether it is claimed."""
    return await fetch_row(session, FIND, placed(place))


async def claim_token(session: Session, place: Place, *, claim: UUID, lease: float, refused: int) -> datetime | None:
    """Take the right to fetch the next token; return since when, None if another has it or a token is usable."""
    row = await fetch_row(session, CLAIM, {**placed(place), "claim": claim, "lease": lease, "refused": refused})
    return None if row is None else row["claimed_at"]


async def hold_claim(session: Session, place: Place, *, claim: UUID, lease: float) -> bool:
    """Keep the right for longer; False means that it is lost."""
    return await change_rows(session, HOLD, {**placed(place), "claim": claim, "lease": lease}) == 1


async def keep_token(
    session: Session, place: Place, *, claim: UUID, sealed: str, claimed_at: datetime, usable_seconds: float
) -> int | None:
    """Store a fetched token and give the right back; return the generation, None if the right was lost before."""
    parameters = {"claim": claim, "sealed": sealed, "claimed_at": claimed_at, "usable_seconds": usable_seconds}
    row = await fetch_row(session, KEEP, {**placed(place), **parameters})
    await session.execute(FORGET_OTHERS, placed(place))
    return None if row is None else row["generation"]


async def release_claim(session: Session, place: Place, *, claim: UUID) -> None:
    """Give the right back without a token."""
    await session.execute(RELEASE, {**placed(place), "claim": claim})


async def forget_tokens(session: Session, profile_id: UUID) -> None:
    """Delete the profile's tokens."""
    await session.execute(FORGET, {"profile_id": profile_id})


def placed(place: Place) -> dict[str, object]:
    """Return the parameters that name the row."""
    return {"profile_id": place[0], "fingerprint": place[1]}
