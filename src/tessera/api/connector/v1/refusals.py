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


def invalid(*steps: Step, reason: str = "", way: tuple[Step, ...] | None = None) -> InvalidPropertyError:
    """Return the refusal of a property, given the way to it: names, and positions in lists.

    The message ends where the contract's does; `reason`, and a `way` that says more than the message, go into details.
    """
    return InvalidPropertyError(f"Invalid {path_of(steps)}.", way=steps if way is None else way, reason=reason)


def path_of(steps: tuple[Step, ...]) -> str:
    """Return the way in dotted form."""
    path = ""
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".")
