"""Mail addresses as people type them: many in one field. Pure."""

import re

from tessera.notifications.errors import NoticeAddressesError
from tessera.platform.http import CallError, normalise_host
from tessera.platform.mail import MailInvalidError, parse_address

MOST_ADDRESSES = 50
LONGEST_ADDRESS, LONGEST_LOCAL_PART = 254, 64
# A quoted local part may hold a separator: "lane, ada"@example.com is one address.
PARTS = re.compile(r'(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[^,;\r\n])+')


def parse_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses, each once in whatever case; raise with every one that is wrong."""
    found: dict[str, str] = {}
    wrong = []
    for part in PARTS.findall(text):
        if not part.strip():
            continue
        try:
            address = check_address(part.strip())
            found.setdefault(address.casefold(), address)
        except ValueError:
            wrong.append(part.strip())
    if wrong:
        named = ", ".join(repr(one[:100]) for one in wrong[:5])
        more = f" and {len(wrong) - 5:,} more" if len(wrong) > 5 else ""
        verb = "is not a mail address" if len(wrong) == 1 else "are not mail addresses"
        raise NoticeAddressesError(f"{named}{more} {verb}. Write name@example.com, without a display name.")
    if len(found) > MOST_ADDRESSES:
        raise NoticeAddressesError(
            f"{len(found):,} addresses are more than {MOST_ADDRESSES}. Use a mailing list of your own."
        )
    return tuple(found.values())


def check_address(text: str) -> str:
    """Return the address with its domain in ASCII, as mail servers want it, or raise ValueError."""
    try:
        address = parse_address(text)
        domain = normalise_host(address.domain)
    except (MailInvalidError, CallError) as error:
        raise ValueError(error.message) from None
    if not isinstance(domain, str) or domain.endswith("."):
        raise ValueError("no domain")
    local = text.rpartition("@")[0]
    if len(local.encode()) > LONGEST_LOCAL_PART or len(local) + 1 + len(domain) > LONGEST_ADDRESS:
        raise ValueError("too long")
    return f"{local}@{domain}"
