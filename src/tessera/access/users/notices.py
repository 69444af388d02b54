"""Telling users by mail what happened to their account. Where no mail is sent, the audit trail tells it alone."""

from collections.abc import Sequence

from tessera.platform.db import Session
from tessera.platform.ground import Ground
from tessera.platform.mail import Letter, is_mail_on, post_letters

NOT_YOU = "If this was not you, set a new password and tell your administrator."


async def tell_user(
    session: Session,
    ground: Ground,
    email: str,
    *,
    subject: str,
    lines: Sequence[str],
    origin: str | None = None,
    after: Sequence[str] = (NOT_YOU,),
) -> None:
    """Post a letter to a user, where this deployment sends mail."""
    if is_mail_on(ground.settings):
        facts = [("When", ground.clock().strftime("%Y-%m-%d %H:%M UTC"))]
        if origin:
            facts.append(("From the address", origin))
        await post_letters(session, ground, [Letter(email, subject, lines, facts=facts, after=after)])
