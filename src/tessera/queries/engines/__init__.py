"""Query engines: kinds that run queries, each a module of its own that only `wiring` imports."""
