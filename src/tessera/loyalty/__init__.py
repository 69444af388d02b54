"""Loyalty: chains, enterprises, accounts, programs, tiers, memberships, points, and the Connector API's credentials."""

from tessera.loyalty.accounts import create_accounts, list_customers, upsert_customer
from tessera.loyalty.chains import create_chains, create_enterprises, list_chains, list_enterprises
from tessera.loyalty.datasets import DATASETS, Dataset
from tessera.loyalty.demo import create_demo_tokens
from tessera.loyalty.memberships import (
    create_memberships,
    delete_memberships,
    list_memberships,
    update_memberships,
)
from tessera.loyalty.programs import create_programs, list_programs
from tessera.loyalty.tiers import create_tiers, list_tiers
from tessera.loyalty.tokens import (
    admit_request,
    create_access_tokens,
    create_client_tokens,
    enable_token,
    find_scope,
    list_tokens,
    revoke_token,
)
from tessera.loyalty.values.accounts import Customer, CustomerFilter, NewCustomer
from tessera.loyalty.values.chains import Address, Enterprise, NewEnterprise
from tessera.loyalty.values.memberships import (
    Membership,
    MembershipChange,
    MembershipFilter,
    MembershipState,
    NewMembership,
)
from tessera.loyalty.values.programs import (
    NewProgram,
    NewTier,
    Program,
    ProgramFilter,
    ProgramType,
    Tier,
    TierFilter,
)
from tessera.loyalty.values.tokens import MadeToken, NewAccessToken, Scope

__all__ = [
    "DATASETS",
    "Address",
    "Customer",
    "CustomerFilter",
    "Dataset",
    "Enterprise",
    "MadeToken",
    "Membership",
    "MembershipChange",
    "MembershipFilter",
    "MembershipState",
    "NewAccessToken",
    "NewCustomer",
    "NewEnterprise",
    "NewMembership",
    "NewProgram",
    "NewTier",
    "Program",
    "ProgramFilter",
    "ProgramType",
    "Scope",
    "Tier",
    "TierFilter",
    "admit_request",
    "create_access_tokens",
    "create_accounts",
    "create_chains",
    "create_client_tokens",
    "create_demo_tokens",
    "create_enterprises",
    "create_memberships",
    "create_programs",
    "create_tiers",
    "delete_memberships",
    "enable_token",
    "find_scope",
    "list_chains",
    "list_customers",
    "list_enterprises",
    "list_memberships",
    "list_programs",
    "list_tiers",
    "list_tokens",
    "revoke_token",
    "update_memberships",
    "upsert_customer",
]
