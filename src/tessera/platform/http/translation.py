"""pyreqwest's failures in our words, decided in this one place."""

from collections.abc import Mapping

from pyreqwest import exceptions

from tessera.platform.http.errors import (
    CallError,
    CertificateError,
    InvalidRequestError,
    NotSentError,
    OutcomeUnknownError,
)
from tessera.platform.http.tls_failures import BAD_CERTIFICATE, explain_certificate, explain_tls

# The classes do not say whether a request was sent: a reset after sending is a `ConnectError`, an answer that never
# comes a `ConnectTimeoutError`. Only this text, which hyper puts around every failure to connect, shows it.
CONNECTING = "client error (Connect)"

TRANSLATIONS: Mapping[type[exceptions.PyreqwestError], type[CallError]] = {
    exceptions.BuilderError: InvalidRequestError,
    exceptions.PoolTimeoutError: NotSentError,
    exceptions.PyreqwestError: OutcomeUnknownError,
    exceptions.DetailedPyreqwestError: OutcomeUnknownError,
    exceptions.RequestError: OutcomeUnknownError,
    exceptions.StatusError: OutcomeUnknownError,
    exceptions.RedirectError: OutcomeUnknownError,
    exceptions.DecodeError: OutcomeUnknownError,
    exceptions.BodyDecodeError: OutcomeUnknownError,
    exceptions.JSONDecodeError: OutcomeUnknownError,
    exceptions.TransportError: OutcomeUnknownError,
    exceptions.RequestTimeoutError: OutcomeUnknownError,
    exceptions.ConnectTimeoutError: OutcomeUnknownError,
    exceptions.ReadTimeoutError: OutcomeUnknownError,
    exceptions.WriteTimeoutError: OutcomeUnknownError,
    exceptions.NetworkError: OutcomeUnknownError,
    exceptions.ConnectError: OutcomeUnknownError,
    exceptions.ReadError: OutcomeUnknownError,
    exceptions.WriteError: OutcomeUnknownError,
    exceptions.ClientClosedError: OutcomeUnknownError,
    exceptions.RequestPanicError: OutcomeUnknownError,
}


def translate(error: exceptions.PyreqwestError, host: str) -> CallError:
    """Return our error for theirs; what is not surely unsent counts as sent."""
    causes = list_causes(error)
    kind = TRANSLATIONS.get(type(error), OutcomeUnknownError)
    if CONNECTING in causes:
        kind = CertificateError if causes[-1].startswith(BAD_CERTIFICATE) else NotSentError
    return kind(describe(kind, host, explain(causes)))


def list_causes(error: exceptions.PyreqwestError) -> list[str]:
    """Return the texts of the chain of causes, outermost first."""
    details = getattr(error, "details", None) or {}
    return [cause["message"] for cause in details.get("causes") or ()]


def explain(causes: list[str]) -> str:
    """Return the innermost cause; the outer ones hold the URL, whose query may hold a secret."""
    text = causes[-1] if len(causes) > 1 else "the call was broken off"
    if text in ("operation timed out", "deadline has elapsed"):
        return "no answer within the time limit"
    if (words := explain_certificate(text) or explain_tls(text)) is not None:
        return words
    return text.partition(" (os error")[0].partition(": https://")[0][:200]


def describe(kind: type[CallError], host: str, reason: str) -> str:
    """Say what happened and what to do next."""
    if kind is NotSentError:
        return f"No connection to {host}: {reason}. Nothing was sent; check that the receiver runs and can be reached."
    if kind is CertificateError:
        return (
            f"The certificate of {host} is not trusted: {reason}. Have it renewed, or name its authority: in the "
            "profile's CA certificate, where there is one, or in the file of TESSERA_OUTBOUND_CA_FILE."
        )
    if kind is InvalidRequestError:
        return f"The request to {host} cannot be written in HTTP. Check its method and headers."
    return f"No whole answer from {host}: {reason}. The receiver may have processed the request; look there first."
