"""Benchmarks: each promise measured beside its ceiling and its peers, in one run."""
