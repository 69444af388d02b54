"""Mails of the outbox as people read them: what grants access is masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session
from tessera.platform.errors import TesseraError
from tessera.platform.mail import store
from tessera.platform.mail.errors import MailNotFoundError
from tessera.platform.mail.messages import MailMessage
from tessera.platform.mail.outbox import mask_link, open_posted
from tessera.platform.mail.states import MailState
from tessera.platform.secrets import KeyRing

READ = "mail:read"
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail of the outbox. `letter` is None where the key is missing that opens it; without a chain it is about a
    user's account.
    """

    id: UUID
    chain_id: UUID | None
    letter: MailMessage | None
    state: MailState
    attempts: int
    due_at: datetime | None
    last_error: str | None
    created_at: datetime
    settled_at: datetime | None

    @property
    def recipient(self) -> str | None:
        """Who gets it."""
        return None if self.letter is None else self.letter.to

    @property
    def subject(self) -> str | None:
        """What it is about."""
        return None if self.letter is None else self.letter.subject


async def list_mails(
    session: Session,
    actor: Actor,
    keys: KeyRing,
    *,
    state: MailState | None = None,
    after: UUID | None = None,
    count: int = 100,
) -> list[KeptMail]:
    """Return mails, newest first, from below the one `after`; who sees only some chains gets none about accounts."""
    actor.require(READ)
    wanted = None if state is None else state.value
    rows = await store.select_mails(session, actor.reach(), state=wanted, after=after, count=count)
    return [read_mail(row, keys) for row in rows]


async def count_mails(session: Session, actor: Actor) -> Mapping[MailState, int]:
    """Return how many mails the actor may read in each state."""
    actor.require(READ)
    found = await store.count_mails(session, actor.reach())
    return {state: found.get(state.value, 0) for state in MailState}


async def count_waiting_mails(session: Session, actor: Actor) -> tuple[int, datetime | None]:
    """Return how many mails wait for a mail server, counted up to 1,000, and since when the first of them does."""
    actor.require(READ)
    row = await store.count_waiting(session, actor.reach(), most=MOST_COUNTED)
    return row["number"], row["since"]


async def get_mail(session: Session, actor: Actor, keys: KeyRing, mail_id: UUID) -> KeptMail:
    """Return one mail."""
    actor.require(READ)
    row = await store.find_mail(session, actor.reach(), mail_id)
    if row is None:
        raise MailNotFoundError(f"There is no mail {mail_id} in the outbox. Settled ones are kept for some time only.")
    return read_mail(row, keys)


async def find_outcomes(session: Session, keys: KeyRing, ids: Sequence[UUID]) -> dict[UUID, KeptMail]:
    """Return what became of these mails, as far as they are kept; for those who had them sent."""
    return {row["id"]: read_mail(row, keys) for row in await store.select_some(session, ids)}


def read_mail(row: Row, keys: KeyRing) -> KeptMail:
    """Turn a stored row into the value that others see."""
    try:
        letter: MailMessage | None = mask_link(open_posted(keys, row["sealed_letter"]).letter)
    except TesseraError:
        letter = None
    values = {name: value for name, value in row.items() if name != "sealed_letter"}
    return KeptMail(**{**values, "letter": letter, "state": MailState(row["state"])})
