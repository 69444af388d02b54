"""Google Cloud Storage."""

from tessera.connectors.kinds.gcs.connector import GCS

__all__ = ["GCS"]
