"""Partner files in and out; comes with partner connections."""
