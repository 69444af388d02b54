"""Notices to users by mail about changes of their account. Without mail only the audit log has them."""

from collections.abc import Sequence

from tessera.platform.db import Session
from tessera.platform.mail import MailMessage, is_mail_on, send_mail
from tessera.platform.resources import Resources

NOT_YOU = "If this was not you, set a new password and contact your administrator."


async def notify_user(
    session: Session,
    resources: Resources,
    email: str,
    *,
    subject: str,
    lines: Sequence[str],
    origin: str | None = None,
    after: Sequence[str] = (NOT_YOU,),
) -> None:
    """Post a letter to a user, where this deployment sends mail."""
    if is_mail_on(resources.settings):
        facts = [("When", resources.clock().strftime("%Y-%m-%d %H:%M UTC"))]
        if origin:
            facts.append(("From the address", origin))
        await send_mail(session, resources, [MailMessage(email, subject, lines, facts=facts, after=after)])
