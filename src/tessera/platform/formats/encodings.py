"""The encodings that a file can be written in: codecs of the standard library, with what stands before the first row.

Codecs that change their state within a text, such as ISO-2022-JP, are left out: rows are encoded block by block.
"""

import codecs
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding as pages show it and as Python calls it; `alters` where the codec writes similar characters."""

    label: str
    codec: str
    mark: bytes = b""
    alters: bool = False

    def encode(self, text: str, *, replace: bool = False) -> bytes:
        """Return text as bytes that read back as the same text; what has no place is a “?” or a UnicodeEncodeError."""
        if self.alters:
            text = text.translate(altered_characters(self.codec))
        return text.encode(self.codec, "replace" if replace else "strict")


@cache
def altered_characters(codec: str) -> Mapping[int, str]:
    """Return what stands for characters that read back as others: a yen sign would come back as a backslash.

    It is half of a surrogate pair, which no encoding has.
    """
    return {point: "\ud800" for point in range(0xA0, 0x10000) if is_altered(chr(point), codec)}


def is_altered(character: str, codec: str) -> bool:
    """Say whether a codec writes another character in this one's place."""
    try:
        return character.encode(codec).decode(codec) != character
    except UnicodeEncodeError:
        return False


ENCODINGS = {
    "utf-8": Encoding("UTF-8", "utf-8"),
    "utf-8-bom": Encoding("UTF-8 with byte order mark (Excel)", "utf-8", codecs.BOM_UTF8),
    "utf-16": Encoding("UTF-16 with byte order mark", "utf-16-le", codecs.BOM_UTF16_LE),
    "ascii": Encoding("ASCII", "ascii"),
    "windows-1250": Encoding("Windows-1250 (Central European)", "cp1250"),
    "windows-1251": Encoding("Windows-1251 (Cyrillic)", "cp1251"),
    "windows-1252": Encoding("Windows-1252 (Western European)", "cp1252"),
    "windows-1253": Encoding("Windows-1253 (Greek)", "cp1253"),
    "windows-1254": Encoding("Windows-1254 (Turkish)", "cp1254"),
    "windows-1255": Encoding("Windows-1255 (Hebrew)", "cp1255"),
    "windows-1256": Encoding("Windows-1256 (Arabic)", "cp1256"),
    "windows-1257": Encoding("Windows-1257 (Baltic)", "cp1257"),
    "windows-1258": Encoding("Windows-1258 (Vietnamese)", "cp1258"),
    "windows-874": Encoding("Windows-874 (Thai)", "cp874"),
    "iso-8859-1": Encoding("ISO 8859-1 (Latin 1)", "iso8859-1"),
    "iso-8859-2": Encoding("ISO 8859-2 (Latin 2)", "iso8859-2"),
    "iso-8859-15": Encoding("ISO 8859-15 (Latin 9)", "iso8859-15"),
    "koi8-r": Encoding("KOI8-R (Russian)", "koi8-r"),
    "windows-31j": Encoding("Shift JIS (Windows-31J)", "cp932", alters=True),
    "euc-jp": Encoding("EUC-JP (Japanese)", "euc_jp", alters=True),
    "euc-kr": Encoding("EUC-KR (Korean, Windows-949)", "cp949"),
    "big5": Encoding("Big5 (Windows-950)", "cp950", alters=True),
    "gb18030": Encoding("GB 18030 (Chinese)", "gb18030"),
}


def can_encode(text: str, encoding: Encoding) -> bool:
    """Say whether every character has a place in the encoding."""
    return missing_character(text, encoding) is None


def missing_character(text: str, encoding: Encoding) -> str | None:
    """Return the first character that the encoding lacks, if any."""
    try:
        encoding.encode(text)
    except UnicodeEncodeError as error:
        return text[error.start]
    return None
