"""What needs attention, as lines with a reason and a button, most urgent first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tessera.connectors import keys as encryption_keys
from tessera.connectors.calls import CallKind, Health, ProfileDay
from tessera.connectors.keys import EncryptionKey
from tessera.exports import RunState
from tessera.exports.history import Concern, ConcernKind
from tessera.platform import mail
from tessera.web.exports.words import RUN_STATES
from tessera.web.visits import Visit

DEFINITIONS, RUNS = "/admin/exports/definitions", "/admin/exports/runs"
PROFILES, KEYS, OUTBOX = "/admin/integrations/profiles", "/admin/integrations/encryption-keys", "/admin/outbox"
EXPIRES_SOON = timedelta(days=30)
# More exports than this whose moment has passed are one fault, that of the workers.
MOST_LATE = 3
STATES = {
    ConcernKind.HELD: "held",
    ConcernKind.LATE: "late",
    ConcernKind.OVERDUE: "overdue",
    ConcernKind.PAUSED: "schedule paused",
    ConcernKind.MISSED: "missed",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is about, its state and since when, the reason, and where its button leads.

    `posts` says that the button changes something; `urgent`, that it is the first thing to press.
    """

    label: str
    state: str
    at: datetime | None
    reason: str
    button: str
    path: str
    tone: str = "needs"
    posts: bool = False
    urgent: bool = False


def lines_of(concerns: Sequence[Concern], *, may_change: bool) -> list[Line]:
    """Return the lines about exports."""
    late = [each for each in concerns if each.kind is ConcernKind.LATE]
    merged = len(late) > MOST_LATE
    lines = [line_of(each, may_change) for each in concerns if not (merged and each.kind is ConcernKind.LATE)]
    if merged:
        place = sum(each.kind is ConcernKind.HELD for each in concerns)
        lines.insert(place, merge_late(late))
    return lines


def line_of(concern: Concern, may_change: bool) -> Line:
    """Return the line about one export."""
    run, export = concern.run, f"{DEFINITIONS}/{concern.definition_id}"
    state = STATES.get(concern.kind, "")
    if run is None:
        if concern.kind is ConcernKind.PAUSED and may_change:
            return Line(
                concern.label, state, concern.at, concern.reason, "Resume", f"{export}/resume", "heals", posts=True
            )
        return Line(concern.label, state, concern.at, concern.reason, "Open export", export, "heals")
    held = run.state is RunState.HELD and may_change
    return Line(
        concern.label,
        state or RUN_STATES[run.state][1].lower(),
        concern.at,
        concern.reason,
        "Release…" if held else "Open run",
        f"{RUNS}/{run.id}",
        urgent=held,
    )


def merge_late(late: Sequence[Concern]) -> Line:
    """Return one line about many exports that nobody starts."""
    first = min(each.at for each in late)
    return Line(f"{len(late):,} exports or more", "late", first, late[0].reason, "Open exports", DEFINITIONS)


def lines_of_profiles(days: Sequence[ProfileDay], chain_id: object, *, runs_shown: bool) -> Iterator[Line]:
    """Yield lines about profiles whose newest call failed; where runs are shown, a failed one has its own line."""
    for day in days:
        named = runs_shown and day.kind is CallKind.RUN
        if day.enabled and day.health is Health.NEEDS_YOU and not named:
            path = f"{PROFILES}/{chain_id}/{day.profile_id}"
            yield Line(day.label, "connection failing", day.at, day.message, "Open profile", path)


async def read_mail_line(visit: Visit) -> list[Line]:
    """Return the line about mails that wait because no mail server is set."""
    if not visit.actor.may("mail:read") or mail.is_mail_on(visit.resources.settings):
        return []
    count, since = await mail.count_waiting_mails(visit.session, visit.actor)
    if not count:
        return []
    label = "1 mail" if count == 1 else f"{count:,} mails"
    reason = (
        "No mail server is set, so they wait in the outbox. Set TESSERA_MAIL_HOST and TESSERA_MAIL_FROM to send them."
    )
    return [Line(label, "waiting", since, reason, "Open outbox", f"{OUTBOX}?state=waiting", "heals")]


async def read_key_lines(visit: Visit) -> list[Line]:
    """Return lines about encryption keys that have expired or soon will."""
    if visit.chosen is None or not visit.actor.may("encryption-keys:read"):
        return []
    page = await encryption_keys.list_encryption_keys(
        visit.session, visit.actor, chain_id=visit.chosen.id, sort="expires", size=20
    )
    return [line_of_key(key, visit.now) for key in page.items if expires_soon(key, visit.now)]


def expires_soon(key: EncryptionKey, now: datetime) -> bool:
    """Say whether the key has expired or will within 30 days."""
    return key.expires_at is not None and key.expires_at < now + EXPIRES_SOON


def line_of_key(key: EncryptionKey, now: datetime) -> Line:
    """Return the line about one encryption key."""
    assert key.expires_at is not None
    expired = key.expires_at <= now
    day = key.expires_at.date().isoformat()
    reason = f"It expired on {day}." if expired else f"It expires on {day}."
    return Line(
        key.label,
        "key expired" if expired else "key expires soon",
        None,
        f"{reason} Replace it before files can no longer be encrypted or read.",
        "Open key",
        f"{KEYS}/{key.chain_id}/{key.id}",
        "needs" if expired else "heals",
    )
