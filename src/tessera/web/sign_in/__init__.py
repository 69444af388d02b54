"""In front of the door: signing in and out, forgotten passwords, the provider; and what a browser remembers."""

from tessera.web.sign_in.pages import show_code, show_sign_in, sign_in_user, sign_out_user, take_code
from tessera.web.sign_in.preferences import change_theme, choose_chain
from tessera.web.sign_in.provider import begin, come_back, go_to_provider
from tessera.web.sign_in.resets import ask_for_link, set_password, show_forgotten, show_reset

PAGES = (
    show_sign_in,
    sign_in_user,
    show_code,
    take_code,
    sign_out_user,
    go_to_provider,
    come_back,
    show_forgotten,
    ask_for_link,
    show_reset,
    set_password,
    choose_chain,
    change_theme,
)

__all__ = ["PAGES", "begin"]
