"""What the JSON doors share: the address as it was sent, and the writing of an answer."""

from tessera.api.http.wire import raw_path, write, write_chunks

__all__ = ["raw_path", "write", "write_chunks"]
