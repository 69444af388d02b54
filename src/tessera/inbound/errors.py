"""This room's failures, each of one of the five kinds."""

from tessera.connectors.contract import TooManyProfilesError
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class InboundProfileExistsError(TooManyProfilesError):
    """A chain has one inbound mParticle profile, however many ask for one at the same moment."""

    code = "inbound_profile_exists"


class NotInboundError(ConflictError):
    """The profile only sends; nothing comes in through it."""

    code = "not_inbound"


class InboundProgramError(InvalidError):
    """The loyalty program that new members of an inbound profile join does not exist."""

    code = "inbound_program_not_found"


class MessageUnreadableError(InvalidError):
    """What came in is not a message."""

    code = "inbound_message_invalid"


class MessageNotFoundError(NotFoundError):
    """No such message among those of the profile."""

    code = "inbound_message_not_found"


class MessageNotReplayableError(ConflictError):
    """The message was applied already, or its body was deleted."""

    code = "inbound_message_not_replayable"
