"""What is refused at the door itself, before any room is asked."""

from tessera.platform.errors import DeniedError, InvalidError

Step = str | int


class InvalidPropertyError(InvalidError):
    """A property that breaks the contract."""

    code = "property_invalid"


class InvalidJsonError(InvalidError):
    """A body that cannot be read."""

    code = "json_invalid"


class CredentialsError(DeniedError):
    """Credentials that open nothing."""

    code = "credentials_invalid"


def invalid(*steps: Step) -> InvalidPropertyError:
    """Return the refusal of a property, given the way to it: names, and positions in lists."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return InvalidPropertyError(f"Invalid {path.removeprefix('.')}.")
