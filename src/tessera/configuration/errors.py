"""What can be wrong with configuration files."""

from tessera.platform.errors import InvalidError


class ConfigurationError(InvalidError):
    """A file that cannot be read or carried out; `file` and `line` say where."""

    code = "configuration_invalid"

    def __init__(self, message: str, *, file: str, line: int | None = None) -> None:
        where = file if line is None else f"{file}, line {line}"
        super().__init__(f"{where}: {message}", file=file, line=line)


class DescriptionError(InvalidError):
    """A description that cannot be carried out."""

    code = "description_invalid"


class SecretMissingError(InvalidError):
    """A secret's source gives nothing."""

    code = "secret_source_empty"
