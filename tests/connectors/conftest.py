"""What tests of this room start from."""

from tests.builders.fixtures import place, resources

__all__ = ["place", "resources"]
