"""Signing in and out, and the choice of theme."""

from tessera.web.sign_in.pages import change_theme, show_sign_in, sign_in_user, sign_out_user

PAGES = (show_sign_in, sign_in_user, sign_out_user, change_theme)

__all__ = ["PAGES"]
