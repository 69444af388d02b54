"""Tables of the loyalty room. Migration 0003 makes them and says why each index is there."""

from tessera.loyalty.models.accounts import AccountRow
from tessera.loyalty.models.chains import ChainRow, EnterpriseRow
from tessera.loyalty.models.memberships import MembershipRow, PointsMovementRow
from tessera.loyalty.models.programs import ProgramRow, TierRow
from tessera.loyalty.models.tokens import AccessTokenEnterpriseRow, AccessTokenRow, ClientTokenRow, RequestWindowRow

__all__ = [
    "AccessTokenEnterpriseRow",
    "AccessTokenRow",
    "AccountRow",
    "ChainRow",
    "ClientTokenRow",
    "EnterpriseRow",
    "MembershipRow",
    "PointsMovementRow",
    "ProgramRow",
    "RequestWindowRow",
    "TierRow",
]
