"""Files on this machine's disk: temporary ones, kept ones, encryption. What they hold is for `formats`."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.files.encryption import SigningKey, check_recipient, check_signer, encrypt_file
    from tessera.platform.files.errors import EncryptionRefusedError, ScratchUnavailableError
    from tessera.platform.files.jobs import background_work
    from tessera.platform.files.kept import KeptFiles
    from tessera.platform.files.scratch import ScratchFile, open_scratch, purge_scratch
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EncryptionRefusedError",
    "KeptFiles",
    "ScratchFile",
    "ScratchUnavailableError",
    "SigningKey",
    "background_work",
    "check_recipient",
    "check_signer",
    "encrypt_file",
    "open_scratch",
    "purge_scratch",
]
