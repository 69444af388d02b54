"""What tests of tokens start from."""

from tests.loyalty.conftest import house, stranger

__all__ = ["house", "stranger"]
