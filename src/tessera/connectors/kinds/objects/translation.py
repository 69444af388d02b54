"""obstore's failures in our words, decided in this one place.

Its texts hold addresses and what the store answered, so nothing of them is shown but the store's own error code.
"""

import re
from collections.abc import Mapping

from obstore import exceptions

from tessera.connectors.files import (
    FileError,
    FileMissingError,
    FileNameInvalidError,
    FileStoreForbiddenError,
    FileStoreMissingError,
    FileStoreRefusedError,
    FileStoreUnreachableError,
    FileTransferBrokenError,
    StoreCredentialsError,
)
from tessera.platform.http import CallError, NotSentError, explain_certificate

TRANSLATIONS: Mapping[type[BaseException], type[FileError]] = {
    exceptions.BaseError: FileTransferBrokenError,
    exceptions.GenericError: FileTransferBrokenError,
    exceptions.InvalidPathError: FileNameInvalidError,
    exceptions.JoinError: FileTransferBrokenError,
    exceptions.NotSupportedError: FileStoreRefusedError,
    exceptions.AlreadyExistsError: FileStoreRefusedError,
    exceptions.PreconditionError: FileStoreRefusedError,
    exceptions.NotModifiedError: FileStoreRefusedError,
    exceptions.PermissionDeniedError: FileStoreForbiddenError,
    exceptions.UnauthenticatedError: StoreCredentialsError,
    exceptions.UnknownConfigurationKeyError: FileStoreRefusedError,
    FileNotFoundError: FileMissingError,
    OSError: FileTransferBrokenError,
    ValueError: FileNameInvalidError,
}

# What the stores themselves call it; where they say so, they are believed rather than the status.
CODES: Mapping[str, type[FileError]] = {
    "NoSuchBucket": FileStoreMissingError,
    "ContainerNotFound": FileStoreMissingError,
    "ContainerBeingDeleted": FileStoreMissingError,
    "AccountIsDisabled": FileStoreMissingError,
    "InvalidAccessKeyId": StoreCredentialsError,
    "SignatureDoesNotMatch": StoreCredentialsError,
    "ExpiredToken": StoreCredentialsError,
    "InvalidToken": StoreCredentialsError,
    "AuthenticationFailed": StoreCredentialsError,
    "AuthorizationFailure": FileStoreForbiddenError,
    "AuthorizationPermissionMismatch": FileStoreForbiddenError,
    "AccessDenied": FileStoreForbiddenError,
    "AllAccessDisabled": FileStoreForbiddenError,
    "PermanentRedirect": FileStoreRefusedError,
    "AuthorizationHeaderMalformed": FileStoreRefusedError,
    "KMS.NotFoundException": FileStoreRefusedError,
    "invalid_grant": StoreCredentialsError,
    "invalid_client": StoreCredentialsError,
    "unauthorized_client": StoreCredentialsError,
}
CODE = re.compile(r"<Code>([A-Za-z.]{1,60})</Code>|\"(?:error|code)\": ?\"([A-Za-z_]{1,60})\"")
STATUS = re.compile(r"status code: (\d{3})|(?:returned|with) status (\d{3})|\b([45]\d\d) [A-Z][a-z]+")

NEXT = {
    FileMissingError: "List the folder to see what there is.",
    FileNameInvalidError: "Choose another name.",
    FileStoreForbiddenError: "Give the account the right to list, read, write and delete there.",
    FileStoreMissingError: "Check its name, region and account, or make it there.",
    FileStoreRefusedError: "Check region, endpoint and encryption with the store's operator.",
    FileTransferBrokenError: "Trying again may help.",
    FileStoreUnreachableError: "Check that the store can be reached.",
    StoreCredentialsError: "Check the profile's credentials, and whether they have ended.",
}


def translate(error: BaseException, place: str, doing: str, fault: CallError | None) -> FileError:
    """Return our error for theirs; `fault` is why the gate let no connection through, if it did not."""
    if fault is not None:
        unreachable = isinstance(fault, NotSentError)
        return FileStoreUnreachableError(fault.message) if unreachable else FileStoreRefusedError(fault.message)
    text = str(error)
    if (reason := explain_certificate(text)) is not None:
        return FileStoreRefusedError(
            f"{place} could not {doing}: its certificate is not trusted: {reason}. Have it renewed, or name its "
            "authority in the file of TESSERA_OUTBOUND_CA_FILE."
        )
    code = next((first or second for first, second in CODE.findall(text)), None)
    kind = CODES.get(code or "") or nearest(error)
    if kind is FileTransferBrokenError:
        kind = kind_of_status(text)
    said = f"the store answered {code}" if code else REASONS.get(kind, "the connection broke off")
    return kind(f"{place} could not {doing}: {said}. {NEXT[kind]}")


def nearest(error: BaseException) -> type[FileError]:
    """Return the translation of the nearest class that has one."""
    return next(TRANSLATIONS[known] for known in type(error).__mro__ if known in TRANSLATIONS)


def kind_of_status(text: str) -> type[FileError]:
    """Distinguish refusals from temporary failures by the status in the library's text where its class does not say."""
    found = STATUS.search(text)
    status = int(next(group for group in found.groups() if group)) if found else 500
    if status in (401, 407):
        return StoreCredentialsError
    if status == 403:
        return FileStoreForbiddenError
    return FileStoreRefusedError if 400 <= status < 500 and status not in (408, 429) else FileTransferBrokenError


REASONS = {
    FileMissingError: "there is no such file",
    FileNameInvalidError: "the store takes no such name",
    FileStoreForbiddenError: "the store does not allow it",
    FileStoreMissingError: "there is no such bucket or container",
    FileStoreRefusedError: "the store refuses it",
    StoreCredentialsError: "the store does not accept the credentials",
}
