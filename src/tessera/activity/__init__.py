"""What members did: transactions, earning rules, audiences; comes with partner files."""
