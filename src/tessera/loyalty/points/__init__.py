"""The points ledger: one file for each thing that can be done with points, on books that decide without a database."""
