"""Exports as files: all rows of a run become one file, which goes to a store of files or is kept to be fetched."""

from tessera.exports.kinds.files.kind import FILES

__all__ = ["FILES"]
