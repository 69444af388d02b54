"""What a failure of TLS means, in words. The library names most of them by the name of a type."""

import re

BAD_CERTIFICATE = "invalid peer certificate: "
# The second form is how the library for object stores shows it, among much else.
REASON = re.compile(r"invalid peer certificate: (.{1,600})|InvalidCertificate\(\s*(.{1,60})", re.DOTALL)

# Looked for in this order; each completes “the certificate …”.
CERTIFICATES = {
    "UnknownIssuer": "it comes from an authority that is not trusted, or signs itself",
    "CaUsedAsEndEntity": "it is the certificate of an authority, which a server cannot use for itself",
    "EndEntityUsedAsCa": "a certificate that signed it belongs to no authority",
    "ExpiredRevocationList": "whether it was revoked cannot be checked",
    "UnknownRevocationStatus": "whether it was revoked cannot be checked",
    "certificate expired": "it has expired",
    "Expired": "it has expired",
    "not valid yet": "it is not valid yet",
    "NotValidYet": "it is not valid yet",
    "not valid for name": "it is for another name",
    "NotValidForName": "it is for another name",
    "Revoked": "it was revoked",
    "SignatureAlgorithm": "it is signed with an algorithm that is not accepted",
    "BadSignature": "its signature is wrong",
    "Purpose": "it is not meant for servers",
    "Eku": "it is not meant for servers",
    "CriticalExtension": "it has a critical extension that is not known",
    "UnsupportedCertVersion": "its version is too old",
    "NameConstraint": "its authority may not sign for this name",
    "PathLen": "its chain is longer than its authority allows",
    "Maximum": "its chain is too long",
    "Encoding": "it is damaged",
    "Der": "it is damaged",
    "Malformed": "it is damaged",
    "Trailing": "it is damaged",
    "Extension": "it is damaged",
}
ALERTS = {
    "ProtocolVersion": "it knows no TLS version that is accepted here, 1.2 or 1.3",
    "HandshakeFailure": "the two sides have no cipher in common",
    "InsufficientSecurity": "the two sides have no cipher in common",
    "Unrecogni": "it does not know this name",
    "CertificateRequired": "it demands a client certificate, which Tessera does not send",
    "BadCertificate": "it demands a client certificate, which Tessera does not send",
    "UnknownCA": "it demands a client certificate, which Tessera does not send",
    "": "it broke off the TLS handshake",
}
OTHERS = {
    "received corrupt message": "it does not speak TLS on this port",
    "peer is incompatible": "the two sides have no TLS version or cipher in common",
    "peer misbehaved": "it breaks the rules of TLS",
    "tls handshake eof": "it closed the connection during the TLS handshake",
    "close_notify": "it closed the connection without an answer",
    "received unexpected": "it breaks the rules of TLS",
    "cannot decrypt": "its TLS records cannot be decrypted",
}
ALERT = re.compile(r"fatal alert: (?:the server )?(\w*)")
VALID_FOR = re.compile(r"only valid for (.{1,500})", re.DOTALL)
NAME = re.compile(r'(?:DnsName\("|IpAddress\()([^")]{1,100})')


def explain_certificate(text: str) -> str | None:
    """Return why a certificate is not trusted, for a text of the library about one; None for any other text."""
    found = REASON.search(text)
    if found is None:
        return None
    reason = found[1] or found[2]
    words = next((words for sign, words in CERTIFICATES.items() if sign in reason), "it cannot be verified")
    names = NAME.findall(valid[1]) if (valid := VALID_FOR.search(reason)) else []
    return f"{words}, only for {' and '.join(names[:3])}" if names else words


def explain_tls(text: str) -> str | None:
    """Return what a text of the library about TLS means; None where it is about something else."""
    if alert := ALERT.search(text):
        return next(words for sign, words in ALERTS.items() if sign in alert[1])
    return next((words for sign, words in OTHERS.items() if sign in text), None)
