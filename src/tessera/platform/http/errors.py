"""What can go wrong with an outbound call. No message holds a header, a body, or an address's path or query.

CallError
  InvalidUrlError        not an address that we call
  InvalidRequestError    method or headers that HTTP does not allow
  RefusedAddressError    the address policy forbids the target
  CertificateError       the receiver's certificate is not trusted; trying again will not help
  NotSentError           no connection: the receiver has surely processed nothing
  OutcomeUnknownError    sent, but no whole answer: the receiver may have processed the request
"""

from enum import StrEnum
from typing import ClassVar

from tessera.platform.errors import InvalidError, TesseraError, UnavailableError


class CallErrorKind(StrEnum):
    """How a call failed; what to do next depends on this alone."""

    INVALID_URL = "invalid_url"
    INVALID_REQUEST = "invalid_request"
    REFUSED_ADDRESS = "refused_address"
    CERTIFICATE = "certificate"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class CallError(TesseraError):
    """A call that brought no answer."""

    kind: ClassVar[CallErrorKind]


class InvalidUrlError(CallError, InvalidError):
    """The URL cannot be called."""

    code = "outbound_url_invalid"
    kind = CallErrorKind.INVALID_URL


class InvalidRequestError(CallError, InvalidError):
    """The method or a header cannot be written in HTTP."""

    code = "outbound_request_invalid"
    kind = CallErrorKind.INVALID_REQUEST


class RefusedAddressError(CallError, InvalidError):
    """The address policy forbids the target."""

    code = "outbound_address_refused"
    kind = CallErrorKind.REFUSED_ADDRESS


class CertificateError(CallError, InvalidError):
    """The receiver's certificate is not trusted."""

    code = "outbound_certificate"
    kind = CallErrorKind.CERTIFICATE


class NotSentError(CallError, UnavailableError):
    """No connection came about; repeating is safe for every method."""

    code = "outbound_not_sent"
    kind = CallErrorKind.NOT_SENT


class OutcomeUnknownError(CallError, UnavailableError):
    """The request went out and no whole answer came; repeating may do it twice."""

    code = "outbound_unanswered"
    kind = CallErrorKind.UNKNOWN


class CertificateFileError(InvalidError):
    """The file with more certificate authorities cannot be used; stops the start."""

    code = "certificate_file_invalid"
