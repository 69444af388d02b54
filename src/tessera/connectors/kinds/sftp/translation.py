"""asyncssh's failures in our words, decided in this one place."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import asyncssh
from asyncssh import asn1, packet, saslprep, sftp

from tessera.connectors.files import (
    FileError,
    FileMissingError,
    FileNameInvalidError,
    FileStoreForbiddenError,
    FileStoreRefusedError,
    FileStoreUnreachableError,
    FileTransferBrokenError,
    HostKeyChangedError,
    StoreCredentialsError,
)

# OpenSSH answers a bare "failure" for a full disk and for much else, so that one may help itself with time.
TRANSLATIONS: Mapping[type[BaseException], type[FileError]] = {
    asyncssh.Error: FileTransferBrokenError,
    asyncssh.DisconnectError: FileTransferBrokenError,
    asyncssh.CompressionError: FileTransferBrokenError,
    asyncssh.ConnectionLost: FileTransferBrokenError,
    asyncssh.HostKeyNotVerifiable: HostKeyChangedError,
    asyncssh.IllegalUserName: StoreCredentialsError,
    asyncssh.KeyExchangeFailed: FileStoreRefusedError,
    asyncssh.MACError: FileTransferBrokenError,
    asyncssh.PermissionDenied: StoreCredentialsError,
    asyncssh.ProtocolError: FileTransferBrokenError,
    asyncssh.ProtocolNotSupported: FileStoreRefusedError,
    asyncssh.ServiceNotAvailable: FileStoreRefusedError,
    asyncssh.ChannelOpenError: FileStoreRefusedError,
    asyncssh.ChannelListenError: FileStoreRefusedError,
    asyncssh.PasswordChangeRequired: StoreCredentialsError,
    asyncssh.KeyImportError: StoreCredentialsError,
    asyncssh.KeyEncryptionError: StoreCredentialsError,
    asn1.ASN1Error: StoreCredentialsError,
    asn1.ASN1DecodeError: StoreCredentialsError,
    asn1.ASN1EncodeError: StoreCredentialsError,
    saslprep.SASLPrepError: StoreCredentialsError,
    packet.PacketDecodeError: FileTransferBrokenError,
    asyncssh.BreakReceived: FileTransferBrokenError,
    asyncssh.SignalReceived: FileTransferBrokenError,
    asyncssh.TerminalSizeChanged: FileTransferBrokenError,
    sftp.SFTPError: FileTransferBrokenError,
    sftp.SFTPEOFError: FileTransferBrokenError,
    sftp.SFTPNoSuchFile: FileMissingError,
    sftp.SFTPNoSuchPath: FileMissingError,
    sftp.SFTPPermissionDenied: FileStoreForbiddenError,
    sftp.SFTPFailure: FileTransferBrokenError,
    sftp.SFTPBadMessage: FileTransferBrokenError,
    sftp.SFTPNoConnection: FileTransferBrokenError,
    sftp.SFTPConnectionLost: FileTransferBrokenError,
    sftp.SFTPOpUnsupported: FileStoreRefusedError,
    sftp.SFTPInvalidHandle: FileTransferBrokenError,
    sftp.SFTPFileAlreadyExists: FileStoreRefusedError,
    sftp.SFTPWriteProtect: FileStoreForbiddenError,
    sftp.SFTPNoMedia: FileTransferBrokenError,
    sftp.SFTPNoSpaceOnFilesystem: FileTransferBrokenError,
    sftp.SFTPQuotaExceeded: FileTransferBrokenError,
    sftp.SFTPUnknownPrincipal: FileStoreRefusedError,
    sftp.SFTPLockConflict: FileTransferBrokenError,
    sftp.SFTPDirNotEmpty: FileStoreRefusedError,
    sftp.SFTPNotADirectory: FileStoreRefusedError,
    sftp.SFTPInvalidFilename: FileNameInvalidError,
    sftp.SFTPLinkLoop: FileStoreRefusedError,
    sftp.SFTPCannotDelete: FileStoreForbiddenError,
    sftp.SFTPInvalidParameter: FileStoreRefusedError,
    sftp.SFTPFileIsADirectory: FileStoreRefusedError,
    sftp.SFTPByteRangeLockConflict: FileTransferBrokenError,
    sftp.SFTPByteRangeLockRefused: FileTransferBrokenError,
    sftp.SFTPDeletePending: FileTransferBrokenError,
    sftp.SFTPFileCorrupt: FileStoreRefusedError,
    sftp.SFTPOwnerInvalid: FileStoreRefusedError,
    sftp.SFTPGroupInvalid: FileStoreRefusedError,
    sftp.SFTPNoMatchingByteRangeLock: FileTransferBrokenError,
    TimeoutError: FileStoreUnreachableError,
    OSError: FileStoreUnreachableError,
}

NEXT = {
    FileMissingError: "List the folder to see what there is.",
    FileNameInvalidError: "Choose another name.",
    FileStoreForbiddenError: "Ask the partner for the right to do this in that folder.",
    FileStoreRefusedError: "Ask the partner what the server allows.",
    FileStoreUnreachableError: "Check that the server runs and can be reached.",
    FileTransferBrokenError: "Trying again may help; if not, ask the partner about the server's disk and limits.",
    StoreCredentialsError: "Check user name and password or key with the partner.",
    HostKeyChangedError: "Ask the partner for the fingerprint before anything is sent.",
}


@contextmanager
def translated(host: str, doing: str) -> Iterator[None]:
    """Turn whatever the library raises into one of ours; `doing` says what was tried."""
    try:
        yield
    except FileError:
        raise
    except tuple(TRANSLATIONS) as error:
        # Not chained: what a server says could be anything, and tracebacks end in logs.
        raise translate(error, host, doing) from None


def translate(error: BaseException, host: str, doing: str) -> FileError:
    """Return our error for theirs, by the nearest class that has a translation."""
    kind = next(TRANSLATIONS[known] for known in type(error).__mro__ if known in TRANSLATIONS)
    return kind(f"{host} could not {doing}: {reason_of(error)}. {NEXT[kind]}")


def reason_of(error: BaseException) -> str:
    """Return the library's reason as one short line."""
    if isinstance(error, TimeoutError):
        return "no answer within the time limit"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    text = getattr(error, "reason", None) or type(error).__name__
    line = " ".join("".join(each if each.isprintable() else " " for each in str(text)).split())
    return line[:200].rstrip(".").lower() if line.istitle() else line[:200].rstrip(".")
