"""Tessera: the open, self-hosted loyalty hub."""
