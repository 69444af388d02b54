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
    from tessera.loyalty.chains import (
        archive_chain,
        create_chains,
        create_enterprises,
        get_chain,
        list_chains,
        list_enterprises,
        list_linked_enterprises,
        rename_chain,
        restore_chain,
    )
    from tessera.loyalty.checks import Fault, list_faults
    from tessera.loyalty.datasets import DATASETS, Dataset
    from tessera.loyalty.demo import create_demo_tokens
    from tessera.loyalty.erasure import clear_account, clear_deleted_records
    from tessera.loyalty.members import get_account_line, get_member, list_account_lines, list_members
    from tessera.loyalty.memberships import create_memberships, delete_memberships, list_memberships, update_memberships
    from tessera.loyalty.places import Place, check_chains, find_membership_chains, find_place, get_membership_chain
    from tessera.loyalty.points.earning import earn_points
    from tessera.loyalty.points.expiry import expire_due_points, expire_points
    from tessera.loyalty.points.reading import get_balance, list_movements
    from tessera.loyalty.points.reversing import reverse_movements
    from tessera.loyalty.points.spending import adjust_points, burn_points
    from tessera.loyalty.points.transfers import transfer_points
    from tessera.loyalty.programs import create_programs, delete_programs, list_programs, update_programs
    from tessera.loyalty.tiers import create_tiers, delete_tiers, list_tiers, update_tiers
    from tessera.loyalty.tokens import (
        admit_request,
        create_access_tokens,
        create_client_tokens,
        enable_token,
        find_scope,
        get_token,
        list_token_page,
        list_tokens,
        revoke_token,
    )
    from tessera.loyalty.uniqueness import settle_uniqueness
    from tessera.loyalty.values.accounts import Customer, CustomerChange, CustomerFilter, NewCustomer
    from tessera.loyalty.values.chains import (
        Address,
        Chain,
        Enterprise,
        EnterpriseFilter,
        LinkedEnterprise,
        NewEnterprise,
    )
    from tessera.loyalty.values.companies import Company, CompanyChange, CompanyFilter, NewCompany
    from tessera.loyalty.values.lengths import LONGEST_NOTES, LONGEST_PROVIDER_ID, LONGEST_TEXT, LONGEST_URL
    from tessera.loyalty.values.members import AccountLine, Member, MemberSearch
    from tessera.loyalty.values.memberships import (
        Membership,
        MembershipChange,
        MembershipFilter,
        MembershipState,
        MovementKind,
        NewMembership,
    )
    from tessera.loyalty.values.merging import AccountMerge
    from tessera.loyalty.values.points import (
        Adjustment,
        Balance,
        Burning,
        Earning,
        Expiring,
        Movement,
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
    from tessera.loyalty.values.tokens import (
        CONNECTOR_PERMISSIONS,
        TOKEN_PERMISSIONS,
        MadeToken,
        NewAccessToken,
        Scope,
        Token,
    )
    from tessera.loyalty.values.urls import is_url, is_website
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CONNECTOR_PERMISSIONS",
    "DATASETS",
    "LONGEST_NOTES",
    "LONGEST_PROVIDER_ID",
    "LONGEST_TEXT",
    "LONGEST_URL",
    "TOKEN_PERMISSIONS",
    "AccountLine",
    "AccountMerge",
    "Address",
    "Adjustment",
    "Balance",
    "Burning",
    "Chain",
    "Company",
    "CompanyChange",
    "CompanyFilter",
    "Customer",
    "CustomerChange",
    "CustomerFilter",
    "Dataset",
    "Earning",
    "Enterprise",
    "EnterpriseFilter",
    "Expiring",
    "Fault",
    "LinkedEnterprise",
    "MadeToken",
    "Member",
    "MemberSearch",
    "Membership",
    "MembershipChange",
    "MembershipFilter",
    "MembershipState",
    "Movement",
    "MovementKind",
    "NewAccessToken",
    "NewCompany",
    "NewCustomer",
    "NewEnterprise",
    "NewMembership",
    "NewProgram",
    "NewTier",
    "Place",
    "Program",
    "ProgramChange",
    "ProgramFilter",
    "ProgramType",
    "Reversal",
    "Scope",
    "Subscription",
    "Tier",
    "TierChange",
    "TierFilter",
    "Token",
    "Transfer",
    "adjust_points",
    "admit_request",
    "archive_chain",
    "burn_points",
    "check_chains",
    "clear_account",
    "clear_deleted_records",
    "create_access_tokens",
    "create_accounts",
    "create_chains",
    "create_client_tokens",
    "create_companies",
    "create_demo_tokens",
    "create_enterprises",
    "create_memberships",
    "create_programs",
    "create_tiers",
    "delete_accounts",
    "delete_companies",
    "delete_memberships",
    "delete_programs",
    "delete_tiers",
    "earn_points",
    "enable_token",
    "expire_due_points",
    "expire_points",
    "find_membership_chains",
    "find_place",
    "find_scope",
    "get_account_line",
    "get_balance",
    "get_chain",
    "get_member",
    "get_membership_chain",
    "get_token",
    "hold_customer",
    "is_url",
    "is_website",
    "list_account_lines",
    "list_chains",
    "list_companies",
    "list_customers",
    "list_enterprises",
    "list_faults",
    "list_linked_enterprises",
    "list_members",
    "list_memberships",
    "list_movements",
    "list_programs",
    "list_tiers",
    "list_token_page",
    "list_tokens",
    "merge_accounts",
    "rename_chain",
    "restore_chain",
    "reverse_movements",
    "revoke_token",
    "search_customers",
    "settle_uniqueness",
    "transfer_points",
    "update_accounts",
    "update_memberships",
    "update_programs",
    "update_tiers",
    "upsert_customer",
]
