"""Properties of a Sparkfly profile."""

from tessera.connectors.contract import LONGEST_EXPIRATION, Property, PropertyKind, clean_visible

# Sparkfly's tokens last a day.
TOKEN_EXPIRATION = 86_400

PROPERTIES = (
    Property(
        "endpoint",
        "Endpoint",
        "Address of the token endpoint that Sparkfly named to you.",
        PropertyKind.URL,
        required=True,
    ),
    Property(
        "client_id",
        "Client ID",
        "API identity that Sparkfly gave you.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_visible,
    ),
    Property(
        "client_secret",
        "Client Secret",
        "API key of that identity.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_visible,
        sent_to=("endpoint",),
    ),
    Property(
        "token_expiration_seconds",
        "Token Expiration",
        "Seconds that a token lasts.",
        PropertyKind.INT,
        required=True,
        default=TOKEN_EXPIRATION,
        least=1,
        most=LONGEST_EXPIRATION,
    ),
)
