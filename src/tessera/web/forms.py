"""What a form needs beside its fields: the faults of what was typed, each at its place. Pure."""

from collections.abc import Mapping

from tessera.platform.errors import TesseraError

WHOLE = ""


def faults_of(error: TesseraError) -> dict[str, str]:
    """Return what is wrong by the name of the field; `WHOLE` where it is no single field's fault."""
    faults = error.details.get("faults")
    if isinstance(faults, Mapping) and faults:
        return {str(name): str(fault) for name, fault in faults.items()}
    field = error.details.get("field") or WHOLE
    return {str(field): error.message}
