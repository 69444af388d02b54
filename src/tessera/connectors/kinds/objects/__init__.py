"""What the object stores have in common: one library, one way out, one translation of its failures."""
