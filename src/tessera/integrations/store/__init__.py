"""This room's SQL."""
