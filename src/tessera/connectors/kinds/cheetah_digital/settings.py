"""Properties of a Cheetah Digital profile."""

from tessera.connectors.contract import LONGEST_EXPIRATION, Property, PropertyKind, clean_visible

TOKEN_URL = "https://api.eccmp.com/services2/authorization/oAuth2/Token"  # noqa: S105 - an address
BASE_URLS = {
    "https://aet.eccmp.com/services2": "North America",
    "https://api.ccmp.eu/services2": "Europe",
    "https://api.marketingsuite.jp/services2": "Japan",
}

PROPERTIES = (
    Property(
        "send_pipeline",
        "Send Pipeline",
        "The way messages go out; the Smart Messaging Framework is no longer supported.",
        PropertyKind.ENUM,
        required=True,
        default="advanced_event_trigger",
        choices=("advanced_event_trigger",),
        choice_labels={"advanced_event_trigger": "Advanced Event Trigger (AET)"},
    ),
    Property(
        "base_url",
        "Base URL",
        "Address of the region that your account is in.",
        PropertyKind.ENUM,
        required=True,
        choices=tuple(BASE_URLS),
        choice_labels={url: f"{region}: {url}" for url, region in BASE_URLS.items()},
    ),
    Property(
        "access_token_url",
        "Access Token URL",
        "Where tokens are asked for.",
        PropertyKind.URL,
        required=True,
        default=TOKEN_URL,
    ),
    Property(
        "username",
        "Username",
        "Consumer Key of a system user: Data Integration, API Keys, OAuth 2.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_visible,
    ),
    Property(
        "password",
        "Password",
        "Consumer Secret of that user.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_visible,
        sent_to=("access_token_url", "base_url"),
    ),
    Property(
        "token_expiration_seconds",
        "Token Expiration",
        "Seconds that a token lasts.",
        PropertyKind.INT,
        least=1,
        most=LONGEST_EXPIRATION,
    ),
)
