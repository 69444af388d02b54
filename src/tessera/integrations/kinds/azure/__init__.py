"""Azure Blob Storage."""

from tessera.integrations.kinds.azure.connector import AZURE

__all__ = ["AZURE"]
