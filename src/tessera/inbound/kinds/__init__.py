"""Sources of messages, one folder each."""
