"""File formats, pure. They come with partner connections."""
