"""Rows as the sheet of an XLSX workbook, and the few parts around it.

Every text is an inline string, so none becomes a formula or a link. What Excel would change stays text: numbers of more
than 15 digits, days before March 1900 (it believes in a 29 February of that year), moments without end.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from tessera.platform.formats.csv_rows import lacking_fault
from tessera.platform.formats.encodings import ENCODINGS, missing_character
from tessera.platform.formats.errors import FileRowsExceededError, FileValueInvalidError
from tessera.platform.formats.options import FileColumn, FileOptions
from tessera.platform.json_values import text_of

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
LONGEST_CELL = 32_767
MOST_DIGITS = 15
EPOCH = date(1899, 12, 30)
FIRST_DAY = date(1900, 3, 1)
DATE_STYLE, MOMENT_STYLE, HEADER_STYLE = 1, 2, 3
UTF_8 = ENCODINGS["utf-8"]
# Excel's own spelling of what XML cannot hold, and of a text that looks like such a spelling.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

# What follows the reference of a cell: its attributes and content.
Cell = str


class XlsxRows:
    """Renders blocks of rows as the XML of a sheet."""

    def __init__(self, options: FileOptions, columns: Sequence[FileColumn]) -> None:
        self._titles = [options.title_of(column) for column in columns]
        self._header_rows = options.header_rows
        self._letters = [letters_of(number) for number in range(1, len(columns) + 1)]
        self._writers = [WRITERS.get(column.type, text_cell) for column in columns]

    def begin(self) -> bytes:
        """Return what stands before the first row."""
        if not self._header_rows:
            return f"{SHEET_START}<sheetData>".encode()
        header = self._row(1, [header_cell(title) for title in self._titles])
        return f"{SHEET_START}{FROZEN_HEADER}<sheetData>{header}".encode()

    def render(self, rows: Sequence[Sequence[Any]], first: int) -> bytes:
        """Return rows as bytes; `first` is the number of the first one."""
        last = first + len(rows) - 1
        if last + self._header_rows > MOST_ROWS:
            raise FileRowsExceededError(
                f"An XLSX file holds {MOST_ROWS - self._header_rows:,} rows at most. Choose CSV, or select fewer rows.",
                rows=last,
            )
        start = first + self._header_rows
        try:
            return "".join(
                [
                    self._row(number, [None if v is None else w(v) for w, v in zip(self._writers, row, strict=True)])
                    for number, row in enumerate(rows, start)
                ]
            ).encode()
        except (CellTooLongError, UnicodeEncodeError):
            raise self._fault(rows, first) from None

    def end(self) -> bytes:
        """Return what stands behind the last row."""
        return b"</sheetData></worksheet>"

    def _row(self, number: int, cells: Sequence[Cell | None]) -> str:
        """Return a row; a null leaves its cell out."""
        found = "".join(
            [
                f'<c r="{letters}{number}"{cell}</c>'
                for letters, cell in zip(self._letters, cells, strict=True)
                if cell is not None
            ]
        )
        return f'<row r="{number}">{found}</row>'

    def _fault(self, rows: Sequence[Sequence[Any]], first: int) -> FileValueInvalidError:
        """Name the first value that a cell cannot hold."""
        for number, row in enumerate(rows, first):
            for title, value in zip(self._titles, row, strict=True):
                text = text_of(value)
                missing = missing_character(text, UTF_8)
                if missing is not None:
                    return lacking_fault(number, title, missing, UTF_8.label)
                if is_too_long(text):
                    return FileValueInvalidError(
                        f"Row {number:,}, column {title}: a cell of an XLSX file holds {LONGEST_CELL:,} characters at "
                        "most. Choose CSV, or select a part of the text.",
                        row=number,
                        column=title,
                    )
        raise AssertionError("no value has the fault that the block has")


class CellTooLongError(Exception):
    """A text is longer than a cell; who renders the block knows which one it is."""


def letters_of(number: int) -> str:
    """Return the name of a column: A, B, … Z, AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def header_cell(title: str) -> Cell:
    """Return a name of a column."""
    return f' s="{HEADER_STYLE}"{text_cell(title)}'


def text_cell(value: Any) -> Cell:
    """Return a text; other values as JSON spells them."""
    text = value if isinstance(value, str) else text_of(value)
    if is_too_long(text):
        raise CellTooLongError
    if UNWRITABLE.search(text):
        text = UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return f' t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is>'


def is_too_long(text: str) -> bool:
    """Say whether a cell cannot hold the text: Excel counts in UTF-16."""
    return len(text) > LONGEST_CELL // 2 and len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_CELL


def number_cell(value: Any) -> Cell:
    """Return a number, as text where Excel would change its digits."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return text_cell(value)
    number = Decimal(value)
    if len(number.as_tuple().digits) > MOST_DIGITS or not -300 < number.adjusted() < 300:
        return text_cell(str(value))
    return f"><v>{value}</v>"


def bool_cell(value: Any) -> Cell:
    """Return TRUE or FALSE."""
    return f' t="b"><v>{value:d}</v>' if isinstance(value, bool) else text_cell(value)


def date_cell(value: Any) -> Cell:
    """Return a day."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return text_cell(value)
    return f' s="{DATE_STYLE}"><v>{(day - EPOCH).days}</v>' if day >= FIRST_DAY else text_cell(value)


def moment_cell(value: Any) -> Cell:
    """Return a moment in UTC: cells know no zones."""
    try:
        moment = datetime.fromisoformat(value)
        moment = moment if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return text_cell(value)
    if moment.date() < FIRST_DAY:
        return text_cell(value)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second + moment.microsecond / 1_000_000
    return f' s="{MOMENT_STYLE}"><v>{(moment.date() - EPOCH).days + seconds / 86_400!r}</v>'


WRITERS: dict[str, Callable[[Any], Cell]] = {
    "int": number_cell,
    "decimal": number_cell,
    "float": number_cell,
    "bool": bool_cell,
    "date": date_cell,
    "timestamp": moment_cell,
}

XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_START = f'{XML}<worksheet xmlns="{MAIN}">'
FROZEN_HEADER = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" '
    'state="frozen"/></sheetView></sheetViews>'
)
SHEET_PART = "xl/worksheets/sheet1.xml"
# Everything but the sheet, which comes last, as it streams.
PARTS = {
    "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/{SHEET_PART}" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
    "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{XML}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><bookViews><workbookView/></bookViews>'
    '<sheets><sheet name="Rows" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{XML}<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
