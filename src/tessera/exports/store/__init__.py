"""All SQL of the exports room, one file per noun."""
