"""This room's failures, each of one of the five kinds."""

from collections.abc import Mapping

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, UnavailableError

# How a place in a template begins, and the property that it is in.
FIELDS = {
    "HTTP Method": "method",
    "URL Path": "url_path",
    "Header": "headers",
    "Body": "body",
    "Envelope": "envelope",
    "Batch Size": "batch_size",
    "Max body bytes": "max_body_bytes",
    "Idempotency header": "idempotency_header",
    "Success statuses": "success_statuses",
    "Error path": "error_path",
}


class TemplateError(InvalidError):
    """A template that cannot work; `place` and `character` say where, `field` in which property."""

    code = "validation_failed"

    def __init__(self, message: str, *, place: str, character: int | None = None) -> None:
        where = place if character is None else f"{place}, character {character}"
        field = next((name for start, name in FIELDS.items() if place.startswith(start)), None)
        super().__init__(f"{where}: {message}", place=place, character=character, field=field)


class UnknownColumnError(TemplateError):
    """A template names a column that the query does not give."""

    code = "unknown_column"


class SettingsInvalidError(InvalidError):
    """Settings of a connector that do not fit; `faults` maps each property to what is wrong with it."""

    code = "validation_failed"


class MappingInvalidError(InvalidError):
    """A data map that cannot work; `faults` maps each place in it to what is wrong there."""

    code = "mapping_invalid"

    @classmethod
    def of(cls, faults: Mapping[str, str]) -> "MappingInvalidError":
        """Return the error that tells all faults, each with its place."""
        return cls(" ".join(f"{place}: {fault}" for place, fault in faults.items()), faults=dict(faults))


class UrlNotAllowedError(InvalidError):
    """An address that this deployment does not send to."""

    code = "url_not_allowed"


class NameInvalidError(InvalidError):
    """A label or internal name that cannot be used."""

    code = "internal_name_invalid"


class NameAmbiguousError(ConflictError):
    """Several chains have an asset of that internal name."""

    code = "internal_name_ambiguous"


class NameTakenError(ConflictError):
    """Another asset of the kind has the internal name."""

    code = "internal_name_taken"


class ChainNotFoundError(NotFoundError):
    """No such chain among those the actor may see."""

    code = "chain_not_found"


class ProfileNotFoundError(NotFoundError):
    """No such connection profile among those the actor may see."""

    code = "connection_profile_not_found"


class EncryptionKeyNotFoundError(NotFoundError):
    """No such encryption key among those the actor may see."""

    code = "encryption_key_not_found"


class EncryptionKeyInvalidError(InvalidError):
    """Key material that does not open, or is of another type than was said."""

    code = "encryption_key_invalid"


class TemplateNotFoundError(NotFoundError):
    """No such template among those the actor may see."""

    code = "http_template_not_found"


class InUseError(ConflictError):
    """Something still refers to the thing."""

    code = "in_use"


class VariantFrozenError(ConflictError):
    """The authentication type is chosen at creation, once."""

    code = "auth_type_immutable"


class TemplateTypeFrozenError(ConflictError):
    """The template type is chosen at creation, once."""

    code = "template_type_immutable"


class TemplateIncompleteError(ConflictError):
    """A template that is not filled in yet can be selected nowhere."""

    code = "template_incomplete"


class SampleMissingError(ConflictError):
    """There is nothing to send a test of: no profile, no rows, or a row that makes no request."""

    code = "sample_missing"


class NotCopyableError(ConflictError):
    """Profiles of this type cannot be copied."""

    code = "not_copyable"


class NotTestableError(ConflictError):
    """Profiles of this type have nothing to test."""

    code = "not_testable"


class ProfileDisabledError(ConflictError):
    """A disabled or incomplete profile cannot be selected or used."""

    code = "profile_disabled"


class TooManyProfilesError(ConflictError):
    """The type allows no further profile in the chain."""

    code = "too_many_profiles"


class VersionMismatchError(ConflictError):
    """Somebody else changed the thing in the meantime."""

    code = "version_mismatch"


class TokenError(UnavailableError):
    """No access token came from the token endpoint; `reason` says why, `temporary` whether trying again can help."""

    code = "oauth_token"

    def __init__(self, message: str, *, reason: str, temporary: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after, reason=reason)
        self.reason = reason
        self.temporary = temporary


class InboundProfileExistsError(TooManyProfilesError):
    """A chain has one inbound mParticle profile, however many ask for one at the same moment."""

    code = "inbound_profile_exists"


class NotInboundError(ConflictError):
    """The profile only sends; nothing comes in through it."""

    code = "not_inbound"


class InboundProgramError(InvalidError):
    """The loyalty program that new members of an inbound profile join does not exist."""

    code = "inbound_program_unknown"


class MessageUnreadableError(InvalidError):
    """What came in is no message."""

    code = "message_unreadable"


class MessageNotFoundError(NotFoundError):
    """No such message among those of the profile."""

    code = "message_not_found"


class MessageNotReplayableError(ConflictError):
    """The message was applied already, or its body was forgotten."""

    code = "message_not_replayable"
