"""Amazon S3, and stores that speak like it."""

from tessera.connectors.kinds.s3.connector import S3

__all__ = ["S3"]
