"""Notices to users by mail about changes of their account. Without mail only the audit log has them."""

import logging
from collections.abc import Sequence

from tessera.platform.db import Session
from tessera.platform.mail import MailInvalidError, MailMessage, is_mail_on, send_mail
from tessera.platform.resources import Resources

logger = logging.getLogger(__name__)

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
        try:
            await send_mail(session, resources, [MailMessage(email, subject, lines, facts=facts, after=after)])
        except MailInvalidError:
            # Users may have addresses that no mail can go to. What they are notified about has to go on for them too.
            logger.warning("a user was not notified: no mail can be sent to their address. Correct the address.")
