"""All SQL of the loyalty room, one file per noun. Statements go to the driver directly, with nothing between."""
