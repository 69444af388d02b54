"""Sign-in: passwords, second factors, an identity provider, sessions, lock-outs."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.sign_in.admission import (
        SignIn,
        confirm,
        has_step,
        pass_second_step,
        record_confirmation,
        sign_in,
    )
    from tessera.access.sign_in.errors import (
        ResetInvalidError,
        SignInDelayedError,
        StepExpiredError,
    )
    from tessera.access.sign_in.identities import (
        Identity,
        admit_identity,
        is_identity_of,
        is_locked_out,
        link_identity,
        unlink_identities,
    )
    from tessera.access.sign_in.jobs import background_work
    from tessera.access.sign_in.lockouts import list_factor_holders, unlock_user
    from tessera.access.sign_in.own_password import change_own_password, is_own_password
    from tessera.access.sign_in.resets import SEND_RESET, ask_reset, can_reset, is_reset_live, redeem_reset
    from tessera.access.sign_in.tries import find_lockouts
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "SEND_RESET",
    "Identity",
    "ResetInvalidError",
    "SignIn",
    "SignInDelayedError",
    "StepExpiredError",
    "admit_identity",
    "ask_reset",
    "background_work",
    "can_reset",
    "change_own_password",
    "confirm",
    "find_lockouts",
    "has_step",
    "is_identity_of",
    "is_locked_out",
    "is_own_password",
    "is_reset_live",
    "link_identity",
    "list_factor_holders",
    "pass_second_step",
    "record_confirmation",
    "redeem_reset",
    "sign_in",
    "unlink_identities",
    "unlock_user",
]
