"""What tests of this room start from."""

from tests.builders.fixtures import ground, place

__all__ = ["ground", "place"]
