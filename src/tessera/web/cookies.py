"""Cookies of the pages. With https their names make browsers refuse them from any other host, a neighbour included."""

from collections.abc import Mapping
from typing import Literal

from litestar.datastructures import Cookie

from tessera.platform.settings import Settings
from tessera.web.headers import is_secure

SameSite = Literal["lax", "strict"]


def cookie_name(settings: Settings, name: str) -> str:
    """Return the name that the browser knows the cookie by."""
    return f"__Host-{name}" if is_secure(settings) else name


def find_cookie(cookies: Mapping[str, str], settings: Settings, name: str) -> str:
    """Return the value among the cookies that a browser sent, empty where there is none."""
    return cookies.get(cookie_name(settings, name), "")


def make_cookie(
    settings: Settings, name: str, value: str, *, max_age: int | None = None, samesite: SameSite = "lax"
) -> Cookie:
    """Return a cookie that scripts cannot read; without an age it ends with the browser's session."""
    return Cookie(
        cookie_name(settings, name),
        value=value,
        path="/",
        httponly=True,
        samesite=samesite,
        secure=is_secure(settings),
        max_age=max_age,
    )


def end_cookie(settings: Settings, name: str) -> Cookie:
    """Return what makes the browser forget the cookie."""
    return make_cookie(settings, name, "", max_age=0)
