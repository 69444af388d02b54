"""Messages that come in: tokens that open the door, what is received, how it is applied, and what became of it."""
