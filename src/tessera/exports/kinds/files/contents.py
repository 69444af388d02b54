"""The content of a file: rows of the spool, written and encrypted on this machine's disk, a few blocks in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from pathlib import Path

from tessera.connectors.keys import open_keys
from tessera.exports.contract import Shipment
from tessera.exports.kinds.files.document import FileDocument
from tessera.exports.spool import measure_rows, read_all
from tessera.platform.files import ScratchFile, SigningKey, encrypt_file, open_scratch
from tessera.platform.formats import Container, Encryption, FileWriter, WrittenFile

# Rows as JSON are about as large as the file before it is packed; a zip file of more has to be of the large kind.
LARGE_BYTES = 1_500_000_000
SIGNER = "signing_key"


@dataclass(frozen=True, slots=True)
class Content:
    """A finished file on the disk of this machine."""

    scratch: ScratchFile
    rows: int
    size: int
    checksum: str

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file from its beginning."""
        return self.scratch.chunks()


async def make_content(shipment: Shipment, document: FileDocument, inner_name: str, stack: ExitStack) -> Content:
    """Write the file; it is there until the stack is closed."""
    folder = shipment.resources.settings.data_dir
    if not document.recipients:
        scratch = stack.enter_context(open_scratch(folder))
        written = await write_rows(shipment, document, inner_name, scratch)
        return Content(scratch, written.rows, written.size, written.checksum)
    encrypted = stack.enter_context(open_scratch(folder))
    # What is not encrypted is on the disk no longer than it must.
    with open_scratch(folder) as scratch:
        written = await write_rows(shipment, document, inner_name, scratch)
        await encrypt(shipment, document, scratch.path, encrypted.path)
    return Content(encrypted, written.rows, encrypted.size, await digest(encrypted))


async def write_rows(shipment: Shipment, document: FileDocument, inner_name: str, scratch: ScratchFile) -> WrittenFile:
    """Write all rows of the run."""
    database, claim = shipment.resources.database, shipment.claim
    zipped = document.options.container is Container.ZIP
    writer = FileWriter(
        document.options,
        document.columns,
        scratch,
        inner_name=inner_name,
        large=zipped and await measure_rows(database, claim) > LARGE_BYTES,
        positions=document.positions,
    )
    with writer:
        async with aclosing(read_all(database, claim)) as blocks:
            async for block in blocks:
                writer.write_block(block)
        return writer.finish()


async def encrypt(shipment: Shipment, document: FileDocument, source: Path, target: Path) -> None:
    """Encrypt the file with the keys as they are now."""
    named = {str(key_id): key_id for key_id in document.recipients}
    if document.signing_key is not None:
        named[SIGNER] = document.signing_key
    async with shipment.resources.database.session() as session:
        opened = await open_keys(session, shipment.claim.chain_id, named, keys=shipment.resources.keys)
    signer = opened.pop(SIGNER, None)
    await asyncio.to_thread(
        encrypt_file,
        source,
        target,
        [key.material for key in opened.values()],
        now=shipment.resources.clock(),
        signer=None if signer is None else SigningKey(signer.material, signer.passphrase),
        armored=document.options.encryption is Encryption.ARMORED,
    )


async def digest(scratch: ScratchFile) -> str:
    """Return the SHA-256 of a file."""
    made = hashlib.sha256()
    async for chunk in scratch.chunks():
        made.update(chunk)
    return made.hexdigest()
