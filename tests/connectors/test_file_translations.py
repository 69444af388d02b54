"""Failures of the libraries: every class has a translation, and no text of theirs gets out unread."""

import sys
from collections.abc import Iterator

import asyncssh
import pytest
from obstore import exceptions

from tessera.connectors.files import (
    FileError,
    FileMissingError,
    FileStoreForbiddenError,
    FileStoreMissingError,
    FileStoreRefusedError,
    FileStoreUnreachableError,
    FileTransferBrokenError,
    StoreCredentialsError,
)
from tessera.connectors.kinds.objects import translation as objects
from tessera.connectors.kinds.sftp import translation as sftp
from tessera.platform.http import NotSentError, RefusedAddressError

# What a client that opens files can never meet: processes, certificates and settings of asyncssh that we do not use.
NEVER = {
    "ProcessError",
    "TimeoutError",
    "SoftEOFReceived",
    "ConfigParseError",
    "GSSError",
    "KeyExportError",
    "KeyGenerationError",
}


def classes_of(package: str) -> Iterator[type[Exception]]:
    """Yield every exception class that the package defines, in the modules that it has loaded."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == package:
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith(package):
                    yield value


def test_every_class_of_asyncssh_has_a_translation() -> None:
    missing = {each.__name__ for each in classes_of("asyncssh") if each not in sftp.TRANSLATIONS}

    assert missing == NEVER


def test_every_class_of_obstore_has_a_translation() -> None:
    found = [value for value in vars(exceptions).values() if isinstance(value, type)]

    assert len(found) > 8
    # The library answers a missing file with Python's own class.
    assert [each.__name__ for each in found if each not in objects.TRANSLATIONS] == ["NotFoundError"]


def test_every_kind_of_failure_says_what_next() -> None:
    kinds = {*sftp.TRANSLATIONS.values(), *objects.TRANSLATIONS.values(), *objects.CODES.values()}
    for kind in kinds:
        assert kind in sftp.NEXT or kind in objects.NEXT
        assert issubclass(kind, FileError)


@pytest.mark.parametrize(
    ("error", "kind", "permanent"),
    [
        (asyncssh.PermissionDenied("no"), StoreCredentialsError, True),
        (asyncssh.ConnectionLost("gone"), FileTransferBrokenError, False),
        (asyncssh.SFTPNoSuchFile("no such file"), FileMissingError, True),
        (asyncssh.SFTPPermissionDenied("no"), FileStoreForbiddenError, True),
        (asyncssh.SFTPFailure("Failure"), FileTransferBrokenError, False),
        (ConnectionResetError(104, "Connection reset by peer"), FileStoreUnreachableError, False),
        (TimeoutError(), FileStoreUnreachableError, False),
    ],
)
def test_ssh_failures_are_told_apart(error: Exception, kind: type[FileError], permanent: bool) -> None:
    told = sftp.translate(error, "sftp.example.com", "store a.csv")

    assert (type(told), told.permanent) == (kind, permanent)
    assert told.message.startswith("sftp.example.com could not store a.csv: ")
    assert told.message.endswith(".")


def test_what_a_server_says_is_one_short_line() -> None:
    told = sftp.translate(asyncssh.SFTPFailure("<script>\x1b[2J\r\n" + "x" * 5000), "h", "store a.csv")

    assert "\n" not in told.message
    assert "\x1b" not in told.message
    assert len(told.message) < 500


def stored(text: str) -> Exception:
    return exceptions.GenericError(text)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (stored("Server returned non-2xx status code: 503 Service Unavailable: "), FileTransferBrokenError),
        (stored("status code: 429 Too Many Requests"), FileTransferBrokenError),
        (
            stored("status code: 400 Bad Request: <Error><Code>AuthorizationHeaderMalformed</Code>"),
            FileStoreRefusedError,
        ),
        (stored("status code: 400 Bad Request: "), FileStoreRefusedError),
        (stored("status code: 404: <Error><Code>NoSuchBucket</Code>"), FileStoreMissingError),
        (exceptions.PermissionDeniedError("<Code>SignatureDoesNotMatch</Code>"), StoreCredentialsError),
        (exceptions.PermissionDeniedError("<Code>InvalidAccessKeyId</Code>"), StoreCredentialsError),
        (exceptions.PermissionDeniedError("<Code>AccessDenied</Code>"), FileStoreForbiddenError),
        (exceptions.PermissionDeniedError("403"), FileStoreForbiddenError),
        (exceptions.UnauthenticatedError("401"), StoreCredentialsError),
        (stored('{"error": "invalid_grant"}'), StoreCredentialsError),
        (stored("error sending request"), FileTransferBrokenError),
        (FileNotFoundError("Object at location a.csv not found"), FileMissingError),
    ],
)
def test_store_failures_are_told_apart(error: Exception, kind: type[FileError]) -> None:
    told = objects.translate(error, "the bucket shelf", "store a.csv", None)

    assert type(told) is kind


def test_text_of_the_library_is_not_told() -> None:
    error = stored("GET http://10.0.0.1/secret?X-Amz-Signature=canary status code: 500 <Message>canary</Message>")

    assert "canary" not in objects.translate(error, "the bucket shelf", "list", None).message


def test_closed_gate_explains_a_failure() -> None:
    refused = objects.translate(stored("x"), "b", "list", RefusedAddressError("Calls to h are refused: loopback."))
    unreachable = objects.translate(stored("x"), "b", "list", NotSentError("No connection to h: refused."))

    assert (type(refused), refused.message) == (FileStoreRefusedError, "Calls to h are refused: loopback.")
    assert (type(unreachable), unreachable.permanent) == (FileStoreUnreachableError, False)
