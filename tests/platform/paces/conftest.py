"""A place with a profile for every test of paces."""

from tests.builders.fixtures import place, resources

__all__ = ["place", "resources"]
