"""The same job done with the tool that a user would pick instead, in an environment of its own."""
