"""What a text may not be."""

from tessera.platform.errors import InvalidError


class TextLengthError(InvalidError):
    """A name or code is empty or longer than the Connector API can show."""

    code = "text_length_invalid"


class UrlInvalidError(InvalidError):
    """The text is not the address of a web page."""

    code = "url_invalid"
