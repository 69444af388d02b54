"""Ways of sending requests, one folder each."""
