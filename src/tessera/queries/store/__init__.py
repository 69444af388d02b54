"""Every statement of this room."""
