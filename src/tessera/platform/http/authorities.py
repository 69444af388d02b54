"""Certificate authorities that a profile brings: read from PEM text, refused with what is wrong with them."""

from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

BEGIN = "-----BEGIN CERTIFICATE-----"
MOST = 50


def read_pem(text: str, now: datetime) -> list[x509.Certificate]:
    """Return the authorities of a PEM text; raise ValueError with what is wrong and what to do."""
    if "PRIVATE KEY-----" in text:
        raise ValueError("This holds a private key, which only its server should have. Paste certificates only.")
    if BEGIN not in text:
        raise ValueError(f'This is not a certificate in PEM: it begins with "{BEGIN}". Paste the whole text.')
    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise ValueError("A certificate in it is cut or damaged. Paste the whole text again.") from None
    if len(found) > MOST:
        raise ValueError(f"It holds {len(found)} certificates, more than {MOST}. Leave the authorities that sign here.")
    for certificate in found:
        check_authority(certificate, now)
    return found


def check_authority(certificate: x509.Certificate, now: datetime) -> None:
    """Refuse what cannot vouch for another certificate."""
    name = certificate.subject.rfc4514_string()[:100] or "without a name"
    if certificate.not_valid_after_utc < now:
        ended = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        raise ValueError(f"The certificate {name} expired on {ended}. Paste the one that followed it.")
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        constraints = None
    if constraints is None or not constraints.ca:
        raise ValueError(f"The certificate {name} is no authority's. Paste that of the authority that signed it.")


def clean_authorities(text: str, now: datetime) -> str:
    """Return the certificates alone, as PEM, or raise ValueError."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in read_pem(text, now))


def parse_authorities(text: str | None) -> tuple[bytes, ...]:
    """Return the certificates of a text that was cleaned, in DER."""
    found = x509.load_pem_x509_certificates(text.encode()) if text else []
    return tuple(each.public_bytes(Encoding.DER) for each in found)
