"""This room's failures, each of one of the five kinds."""

from collections.abc import Mapping

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class MappingInvalidError(InvalidError):
    """A data map that cannot work; `faults` maps each place in it to what is wrong there."""

    code = "mapping_invalid"

    @classmethod
    def of(cls, faults: Mapping[str, str]) -> "MappingInvalidError":
        """Return the error with all faults, each at its place."""
        return cls(" ".join(f"{place}: {fault}" for place, fault in faults.items()), faults=dict(faults))


class TemplateNotFoundError(NotFoundError):
    """No such template among those the actor may see."""

    code = "http_template_not_found"


class TemplateTypeFrozenError(ConflictError):
    """The template type is chosen at creation, once."""

    code = "template_type_immutable"


class TemplateIncompleteError(ConflictError):
    """A template that is not filled in yet can be selected nowhere."""

    code = "template_incomplete"


class SampleMissingError(ConflictError):
    """There is nothing to send a test of: no profile, no rows, or a row that makes no request."""

    code = "sample_missing"
