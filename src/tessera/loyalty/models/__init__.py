"""Tables of the loyalty room. Migrations 0003 and 0007 make them and say why each index is there."""

from tessera.access.chains import ChainRow, EnterpriseRow
from tessera.access.keys import AccessTokenEnterpriseRow, AccessTokenRow, ClientTokenRow, RequestWindowRow
from tessera.loyalty.models.accounts import AccountRow
from tessera.loyalty.models.figures import DailyFiguresRow, FigureChangeRow, UncountedChainRow
from tessera.loyalty.models.memberships import MembershipRow, PointsLotRow, PointsMovementRow
from tessera.loyalty.models.programs import ProgramRow, TierRow

__all__ = [
    "AccessTokenEnterpriseRow",
    "AccessTokenRow",
    "AccountRow",
    "ChainRow",
    "ClientTokenRow",
    "DailyFiguresRow",
    "EnterpriseRow",
    "FigureChangeRow",
    "MembershipRow",
    "PointsLotRow",
    "PointsMovementRow",
    "ProgramRow",
    "RequestWindowRow",
    "TierRow",
    "UncountedChainRow",
]
