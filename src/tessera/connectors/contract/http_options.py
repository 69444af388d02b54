"""Properties that several kinds have in common because they call over HTTP. Pure, but for the clock."""

from tessera.connectors.contract.types import Property, PropertyKind
from tessera.platform.clock import now
from tessera.platform.http import clean_authorities


def clean_certificates(text: str) -> str:
    """Return the certificate authorities of a pasted text, and nothing else of it."""
    return clean_authorities(text, now())


def seconds(key: str, label: str, text: str, *, default: int, most: int) -> Property:
    """Declare a time limit."""
    return Property(key, label, text, PropertyKind.INT, default=default, least=1, most=most)


CONNECT_TIMEOUT = seconds(
    "connect_timeout_seconds", "Connect timeout", "Seconds to wait for a connection.", default=10, most=60
)
READ_TIMEOUT = seconds(
    "read_timeout_seconds", "Read timeout", "Seconds until the answer must have come.", default=30, most=300
)
CA_CERTIFICATE = Property(
    "ca_certificate",
    "CA certificate",
    "Certificate authority, in PEM, that signed the system's certificate, where no public one did.",
    PropertyKind.TEXT,
    multiline=True,
    clean=clean_certificates,
)
