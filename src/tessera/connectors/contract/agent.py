"""The product as receivers see it."""

from importlib.metadata import PackageNotFoundError, version


def product_token() -> str:
    """Return product and version as receivers see them; run from a plain source tree there is no version."""
    try:
        return f"Tessera/{version('tessera-loyalty')}"
    except PackageNotFoundError:
        return "Tessera"


USER_AGENT = ("User-Agent", product_token())
