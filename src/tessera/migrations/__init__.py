"""Migrations of the schema, inside the package so that an installed copy upgrades itself."""
