"""Metrics for the operator. The first are those of exports."""
