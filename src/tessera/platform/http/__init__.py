"""Outbound HTTP: `OutboundClient` sends, the address policy says where to, a `CallError` says what went wrong."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.http.addresses import Address, judge_address
    from tessera.platform.http.authorities import clean_authorities, parse_authorities
    from tessera.platform.http.bodies import UnreadableBodyError, read_json
    from tessera.platform.http.calls import EXCERPT_BYTES, CallLimits, Headers, Reply
    from tessera.platform.http.client import OutboundClient
    from tessera.platform.http.egress_proxy import EgressProxy
    from tessera.platform.http.errors import (
        CallError,
        CallErrorKind,
        CertificateError,
        CertificateFileError,
        InvalidRequestError,
        InvalidUrlError,
        NotSentError,
        OutcomeUnknownError,
        RefusedAddressError,
    )
    from tessera.platform.http.host_policy import vet_host
    from tessera.platform.http.rate_limits import RateLimit
    from tessera.platform.http.reply_headers import ReplyHeaders
    from tessera.platform.http.retry_after import TRANSIENT_STATUSES
    from tessera.platform.http.tls_failures import explain_certificate
    from tessera.platform.http.urls import normalise_host, parse_url
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EXCERPT_BYTES",
    "TRANSIENT_STATUSES",
    "Address",
    "CallError",
    "CallErrorKind",
    "CallLimits",
    "CertificateError",
    "CertificateFileError",
    "EgressProxy",
    "Headers",
    "InvalidRequestError",
    "InvalidUrlError",
    "NotSentError",
    "OutboundClient",
    "OutcomeUnknownError",
    "RateLimit",
    "RefusedAddressError",
    "Reply",
    "ReplyHeaders",
    "UnreadableBodyError",
    "clean_authorities",
    "explain_certificate",
    "judge_address",
    "normalise_host",
    "parse_authorities",
    "parse_url",
    "read_json",
    "vet_host",
]
