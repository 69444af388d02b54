"""No exception of pyreqwest gets past the translation."""

import inspect
import re

import pytest
from pyreqwest import exceptions

from tessera.platform.http import CallError, CertificateError, NotSentError, OutcomeUnknownError
from tessera.platform.http.translation import TRANSLATIONS, translate

FOREIGN = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, exceptions.PyreqwestError)
]


def test_every_foreign_class_has_a_translation() -> None:
    assert set(FOREIGN) == set(TRANSLATIONS)
    assert len(FOREIGN) >= 21


def make(kind: type[exceptions.PyreqwestError], *causes: str) -> exceptions.PyreqwestError:
    details = {"causes": [{"message": cause} for cause in causes], "status": 500, "doc": "", "pos": 0}
    bare = kind is exceptions.PyreqwestError
    return kind("failed for url (https://h/?token=hunter2)") if bare else kind("failed", details)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_message_holds_the_url(foreign: type[exceptions.PyreqwestError]) -> None:
    for causes in ((), ("error sending request for url (https://h/?token=hunter2)",)):
        error = translate(make(foreign, *causes), "receiver.example")
        assert isinstance(error, CallError)
        assert "receiver.example" in error.message
        assert "hunter2" not in error.message


@pytest.mark.parametrize(
    "reason",
    [
        *("BadEncoding", "Revoked", "UnhandledCriticalExtension", "UnknownIssuer", "UnknownRevocationStatus"),
        *("Expired", "NotValidYet", "ExpiredRevocationList", "BadSignature", "UnsupportedSignatureAlgorithm"),
        *("NotValidForName", "InvalidPurpose", "InvalidOcspResponse", "ApplicationVerificationFailure"),
        *("Other(OtherError(CaUsedAsEndEntity))", "Other(OtherError(MalformedExtensions))", "Other(OtherError(New))"),
        "certificate not valid yet: verification time 1 (UNIX), but certificate is not valid before 2 (1 seconds ago)",
    ],
)
def test_certificates_fault_is_a_sentence(reason: str) -> None:
    cause = f"invalid peer certificate: {reason}"
    error = translate(make(exceptions.ConnectError, "outer", "client error (Connect)", cause), "receiver.example")
    assert isinstance(error, CertificateError)
    assert is_plain(error.message)


@pytest.mark.parametrize(
    "cause",
    [
        *(f"received fatal alert: {alert}" for alert in ("ProtocolVersion", "HandshakeFailure", "UnrecognisedName")),
        *(
            f"received fatal alert: {alert}"
            for alert in ("CertificateRequired", "InternalError", "NoApplicationProtocol")
        ),
        "received corrupt message of type InvalidContentType",
        "peer is incompatible: ServerDoesNotSupportTls12Or13",
        "peer misbehaved: UnsolicitedServerHelloExtension",
        "tls handshake eof",
        "peer closed connection without sending TLS close_notify: https://docs.rs/rustls/latest/x/index.html#y",
    ],
)
def test_failed_handshake_is_a_sentence(cause: str) -> None:
    error = translate(make(exceptions.ConnectError, "outer", "client error (Connect)", cause), "receiver.example")
    assert isinstance(error, NotSentError)
    assert is_plain(error.message)


def is_plain(message: str) -> bool:
    """Say whether no name of a type is in the message, such as UnknownIssuer, and no address of a manual."""
    return re.search(r"[a-z][A-Z][a-z]|[()]|https?:", message) is None


@pytest.mark.parametrize("foreign", [exceptions.ConnectError, exceptions.ConnectTimeoutError])
def test_names_of_classes_do_not_decide(foreign: type[exceptions.PyreqwestError]) -> None:
    after = translate(make(foreign, "outer", "client error (SendRequest)", "Connection reset by peer"), "h")
    before = translate(make(foreign, "outer", "client error (Connect)", "Connection reset by peer"), "h")
    assert isinstance(after, OutcomeUnknownError)
    assert isinstance(before, NotSentError)
