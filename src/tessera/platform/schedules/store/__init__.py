"""Statements on schedules and their moments."""
