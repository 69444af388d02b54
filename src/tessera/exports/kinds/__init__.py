"""The export kinds: each a folder that nothing but `wiring` imports."""
