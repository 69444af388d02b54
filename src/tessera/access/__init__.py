"""Access: small rooms of chains, users, roles, keys and sign-in, each with its own front door."""
