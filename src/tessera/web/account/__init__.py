"""One's own account: who one is, the password, the second factor, the browsers one is signed in with."""

from tessera.web.account.factor import (
    begin_second_factor,
    confirm_second_factor,
    remove_second_factor,
    renew_codes,
    show_second_factor,
)
from tessera.web.account.identity import link_provider, unlink_provider
from tessera.web.account.overview import change_password, show_account, show_password
from tessera.web.account.sessions import end_one_session, end_others, show_sessions

PAGES = (
    show_account,
    show_password,
    change_password,
    show_sessions,
    end_one_session,
    end_others,
    show_second_factor,
    begin_second_factor,
    confirm_second_factor,
    renew_codes,
    remove_second_factor,
    link_provider,
    unlink_provider,
)

__all__ = ["PAGES"]
