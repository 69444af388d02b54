"""Exports as HTTP requests: rows become requests, and every answer decides on the rows of its request."""

from tessera.exports.kinds.requests.kind import REQUESTS

__all__ = ["REQUESTS"]
