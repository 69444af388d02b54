"""Recurrence as a value. Its next moments arrive with scheduled exports."""
