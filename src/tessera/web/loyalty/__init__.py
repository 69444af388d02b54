"""Pages of the loyalty room: memberships, accounts, programs, tiers, chains."""

from tessera.web.loyalty import accounts, chains, enrolments, memberships, points, programs, tiers

PAGES = (
    *memberships.PAGES,
    *points.PAGES,
    *accounts.PAGES,
    *enrolments.PAGES,
    *programs.PAGES,
    *tiers.PAGES,
    *chains.PAGES,
)

__all__ = ["PAGES"]
