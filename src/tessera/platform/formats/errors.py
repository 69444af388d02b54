"""What can go wrong while a file is written.

FileOptionsInvalidError  options that contradict each other or name what there is not
FileValueInvalidError    a value that the file cannot hold, with its row and column
FileRowsExceededError    more rows than the format can hold
"""

from tessera.platform.errors import InvalidError


class FileOptionsInvalidError(InvalidError):
    """Options of a file that cannot be used; `faults` has a message for each field."""

    code = "file_options_invalid"


class FileValueInvalidError(InvalidError):
    """A value that the file cannot hold; `row` counts from 1, without the header."""

    code = "file_value_invalid"


class FileRowsExceededError(InvalidError):
    """The format holds fewer rows than there are."""

    code = "file_rows_exceeded"
