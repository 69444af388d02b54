"""The kinds of channel. Each is loaded by name; nothing of the room imports one."""
