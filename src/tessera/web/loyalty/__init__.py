"""Pages of the loyalty room: memberships, accounts, programs, tiers, figures, chains."""

from tessera.web.loyalty import accounts, chains, enrolments, figures, memberships, points, programs, tiers

PAGES = (
    *memberships.PAGES,
    *points.PAGES,
    *accounts.PAGES,
    *enrolments.PAGES,
    *programs.PAGES,
    *tiers.PAGES,
    *chains.PAGES,
    *figures.PAGES,
)

__all__ = ["PAGES"]
