"""Google Cloud Storage."""

from tessera.integrations.kinds.gcs.connector import GCS

__all__ = ["GCS"]
