"""Secure FTP: files over SSH."""

from tessera.integrations.kinds.sftp.connector import SFTP

__all__ = ["SFTP"]
