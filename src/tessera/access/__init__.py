"""Who may: small rooms of chains, users, roles, keys and sign-in, each with a front door of its own."""
