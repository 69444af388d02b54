"""The Connector API: wire-compatible with the public Mews Connector API's loyalty operations."""
