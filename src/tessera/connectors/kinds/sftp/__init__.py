"""Secure FTP: files over SSH."""

from tessera.connectors.kinds.sftp.connector import SFTP

__all__ = ["SFTP"]
