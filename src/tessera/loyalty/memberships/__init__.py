"""Memberships: adding, changing, deleting and listing them.

Records are locked in one order by everybody: programs, tiers, accounts by id, then memberships by id. Two calls can
therefore wait for each other's numbers only, which the database ends as a conflict.
"""

from tessera.loyalty.memberships.changes import update_memberships
from tessera.loyalty.memberships.creation import create_memberships
from tessera.loyalty.memberships.deletion import delete_memberships
from tessera.loyalty.memberships.lists import list_memberships

__all__ = ["create_memberships", "delete_memberships", "list_memberships", "update_memberships"]
