"""Exports as files: all rows of a run become one file, which goes to a store of files or is kept to be fetched."""

from tessera.exports.kinds.files.kind import FILES
from tessera.exports.kinds.files.preview import FilePreview, preview_file

__all__ = ["FILES", "FilePreview", "preview_file"]
