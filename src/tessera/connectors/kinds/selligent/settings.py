"""Properties of a Selligent profile."""

from tessera.connectors.contract import Property, PropertyKind, clean_visible

PROPERTIES = (
    Property(
        "api_client_id",
        "API Client ID",
        "API key of a service account in Selligent's Admin Configuration.",
        PropertyKind.TEXT,
        required=True,
        clean=clean_visible,
    ),
    Property(
        "api_client_secret",
        "API Client Secret",
        "API secret of that service account.",
        PropertyKind.SECRET,
        required=True,
        clean=clean_visible,
        sent_to=("domain",),
    ),
    Property(
        "organization",
        "Selligent Organization",
        "Organization in which transactional journeys and messages are.",
        PropertyKind.TEXT,
        required=True,
    ),
    Property(
        "domain",
        "Selligent Domain",
        "Address that is called, such as https://subdomain.domainname.com.",
        PropertyKind.URL,
        required=True,
    ),
)
