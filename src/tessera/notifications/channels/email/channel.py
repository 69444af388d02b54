"""The e-mail channel. Mails are made and sent by the platform's outbox."""

from tessera.notifications.contract import Channel, Mail
from tessera.notifications.errors import NoticeAddressesError
from tessera.notifications.notices.addresses import parse_addresses
from tessera.platform.kind_settings import KindSetting, SettingKind


def clean(text: str) -> str:
    """Return the addresses, one a line, or raise ValueError with those that are wrong."""
    try:
        return "\n".join(parse_addresses(text))
    except NoticeAddressesError as error:
        raise ValueError(error.message) from None


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
