"""Connector types, one folder each. None knows another."""
