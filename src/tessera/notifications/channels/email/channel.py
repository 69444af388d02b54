"""The e-mail channel. Mails are made and sent by the platform's outbox."""

from tessera.notifications.contract import Channel, Mail
from tessera.notifications.notices.addresses import parse_addresses
from tessera.platform.kind_settings import KindSetting, SettingKind


def clean(text: str) -> str:
    """Return the addresses, one a line."""
    return "\n".join(parse_addresses(text))


EMAIL = Channel(
    "email",
    "E-mail",
    "A mail to each address.",
    settings=(
        KindSetting(
            "addresses",
            "Addresses",
            "At most 50, with commas, semicolons or line ends between.",
            SettingKind.ADDRESSES,
            required=True,
            clean=clean,
        ),
    ),
    way=Mail(lambda values: values["addresses"].split("\n")),
)
