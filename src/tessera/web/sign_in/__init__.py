"""Signing in and out, and the choice of chain and theme."""

from tessera.web.sign_in.pages import change_theme, choose_chain, show_sign_in, sign_in_user, sign_out_user

PAGES = (show_sign_in, sign_in_user, sign_out_user, choose_chain, change_theme)

__all__ = ["PAGES"]
