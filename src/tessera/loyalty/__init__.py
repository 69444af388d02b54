"""Loyalty: chains, enterprises, accounts, programs, tiers, memberships, points, and the Connector API's credentials."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.loyalty.accounts import (
        create_accounts,
        create_companies,
        delete_accounts,
        delete_companies,
        hold_customer,
        list_companies,
        list_customers,
        merge_accounts,
        search_customers,
        update_accounts,
        upsert_customer,
    )
    from tessera.loyalty.checks import Fault, list_faults
    from tessera.loyalty.erasure import clear_account, clear_deleted_records
    from tessera.loyalty.errors import (
        AccountNotFoundError,
        BalanceTooLowError,
        MembershipNotFoundError,
        ProgramNotFoundError,
        SeveralChainsError,
        TierNotFoundError,
    )
    from tessera.loyalty.figures import count_figures, list_daily_figures
    from tessera.loyalty.jobs import background_work
    from tessera.loyalty.members import get_account_line, get_member, list_account_lines, list_members
    from tessera.loyalty.memberships import create_memberships, delete_memberships, list_memberships, update_memberships
    from tessera.loyalty.places import Place, find_membership_chains, find_place, get_membership_chain
    from tessera.loyalty.points.adjustments import adjust_points, burn_points
    from tessera.loyalty.points.earnings import earn_points
    from tessera.loyalty.points.expiry import expire_due_points, expire_points
    from tessera.loyalty.points.movements import get_balance, list_movements
    from tessera.loyalty.points.reversals import find_reversible, reverse_movements
    from tessera.loyalty.points.transfers import transfer_points
    from tessera.loyalty.programs import create_programs, delete_programs, list_programs, update_programs
    from tessera.loyalty.tiers import create_tiers, delete_tiers, list_tiers, update_tiers
    from tessera.loyalty.uniqueness import settle_uniqueness
    from tessera.loyalty.values.accounts import Customer, CustomerChange, CustomerFilter, NewCustomer
    from tessera.loyalty.values.companies import Company, CompanyChange, CompanyFilter, NewCompany
    from tessera.loyalty.values.figures import DailyFigures
    from tessera.loyalty.values.marks import Mark
    from tessera.loyalty.values.members import AccountLine, Member, MemberSearch
    from tessera.loyalty.values.memberships import (
        Membership,
        MembershipChange,
        MembershipFilter,
        MembershipState,
        MovementKind,
        NewMembership,
        ProfileKind,
    )
    from tessera.loyalty.values.merges import AccountMerge
    from tessera.loyalty.values.points import (
        Adjustment,
        Balance,
        Burning,
        Earning,
        Expiring,
        Movement,
        Origin,
        Reversal,
        Transfer,
    )
    from tessera.loyalty.values.programs import (
        NewProgram,
        NewTier,
        Program,
        ProgramChange,
        ProgramFilter,
        ProgramType,
        Subscription,
        Tier,
        TierChange,
        TierFilter,
    )
    from tessera.loyalty.values.steps import MembershipStep
    from tessera.loyalty.values.versions import version_at
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "AccountLine",
    "AccountMerge",
    "AccountNotFoundError",
    "Adjustment",
    "Balance",
    "BalanceTooLowError",
    "Burning",
    "Company",
    "CompanyChange",
    "CompanyFilter",
    "Customer",
    "CustomerChange",
    "CustomerFilter",
    "DailyFigures",
    "Earning",
    "Expiring",
    "Fault",
    "Mark",
    "Member",
    "MemberSearch",
    "Membership",
    "MembershipChange",
    "MembershipFilter",
    "MembershipNotFoundError",
    "MembershipState",
    "MembershipStep",
    "Movement",
    "MovementKind",
    "NewCompany",
    "NewCustomer",
    "NewMembership",
    "NewProgram",
    "NewTier",
    "Origin",
    "Place",
    "ProfileKind",
    "Program",
    "ProgramChange",
    "ProgramFilter",
    "ProgramNotFoundError",
    "ProgramType",
    "Reversal",
    "SeveralChainsError",
    "Subscription",
    "Tier",
    "TierChange",
    "TierFilter",
    "TierNotFoundError",
    "Transfer",
    "adjust_points",
    "background_work",
    "burn_points",
    "clear_account",
    "clear_deleted_records",
    "count_figures",
    "create_accounts",
    "create_companies",
    "create_memberships",
    "create_programs",
    "create_tiers",
    "delete_accounts",
    "delete_companies",
    "delete_memberships",
    "delete_programs",
    "delete_tiers",
    "earn_points",
    "expire_due_points",
    "expire_points",
    "find_membership_chains",
    "find_place",
    "find_reversible",
    "get_account_line",
    "get_balance",
    "get_member",
    "get_membership_chain",
    "hold_customer",
    "list_account_lines",
    "list_companies",
    "list_customers",
    "list_daily_figures",
    "list_faults",
    "list_members",
    "list_memberships",
    "list_movements",
    "list_programs",
    "list_tiers",
    "merge_accounts",
    "reverse_movements",
    "search_customers",
    "settle_uniqueness",
    "transfer_points",
    "update_accounts",
    "update_memberships",
    "update_programs",
    "update_tiers",
    "upsert_customer",
    "version_at",
]
