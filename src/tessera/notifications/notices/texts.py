"""What a notice says, in words. Pure."""

from datetime import UTC, datetime

from tessera.notifications.contract import NoticeText
from tessera.notifications.notices.decisions import Verdict
from tessera.notifications.notices.values import GOOD, MOST_REASONS, Notice, PriorState
from tessera.platform.mail import Link, MailMessage

LONGEST_LABEL, LONGEST_TITLE, LONGEST_TEXT, MOST_FACTS = 100, 200, 500, 40
ONCE = "No further notice about this is sent until the outcome changes."


def make_text(notice: Notice, verdict: Verdict, *, account: str, public_url: str | None) -> NoticeText:
    """Return the notice in words; `account` is the name of its chain."""
    subject, news = notice.subject, notice.news
    label = one_line(subject.label, LONGEST_LABEL)
    named = f'{one_line(subject.noun, LONGEST_LABEL)} "{label}"'
    paragraphs = [f"{named} {news.status}."]
    if verdict.ended is not None:
        paragraphs.append(explain_ended(verdict.ended, recovered=news.state == GOOD))
    paragraphs += [one_line(each, LONGEST_TEXT) for each in notice.paragraphs]
    return NoticeText(
        news=news.name,
        chain_id=notice.chain_id,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_label=label,
        title=one_line(f"[Loyalty] {named} {news.status} – {one_line(account, LONGEST_LABEL)}", LONGEST_TITLE),
        happened_at=notice.happened_at,
        paragraphs=paragraphs,
        facts=[(one_line(name, LONGEST_LABEL), one_line(value, LONGEST_TEXT)) for name, value in notice.facts][
            :MOST_FACTS
        ],
        reasons=[(one_line(reason, LONGEST_TEXT), count) for reason, count in notice.reasons[:MOST_REASONS]],
        closing=[ONCE] if verdict.announces else [],
        link=make_link(public_url, notice.path),
        signal=news.signal,
        signal_id=notice.signal_id,
    )


def explain_ended(prior: PriorState, *, recovered: bool) -> str:
    """Say what was announced before, and how often it happened since."""
    times = "once" if prior.count == 1 else f"{prior.count:,} times in a row"
    before = f"Before, it {prior.state} {times}, from {show_moment(prior.since)} on."
    return f"{before} All is well again." if recovered else before


def make_link(public_url: str | None, path: str | None) -> str | None:
    """Return the whole address of a path; without a public URL there is none that a reader could open."""
    return f"{public_url.rstrip('/')}/{path.lstrip('/')}" if public_url and path else None


def make_letter(text: NoticeText, to: str, key: str) -> MailMessage:
    """Return the mail to one reader."""
    return MailMessage(
        to,
        text.title,
        text.paragraphs,
        facts=text.facts,
        reasons=text.reasons,
        link=Link("Open in Tessera", text.link, public=True) if text.link else None,
        after=text.closing,
        key=key,
    )


def show_moment(moment: datetime) -> str:
    """Return a moment as people read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def one_line(text: str, most: int) -> str:
    """Return the text in one line of printable characters: titles become headers of mails."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
