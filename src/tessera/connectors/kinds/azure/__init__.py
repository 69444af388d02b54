"""Azure Blob Storage."""

from tessera.connectors.kinds.azure.connector import AZURE

__all__ = ["AZURE"]
