"""Accounts: customers and companies, made, changed, found, deleted and merged."""

from tessera.loyalty.accounts.changes import update_accounts
from tessera.loyalty.accounts.companies import create_companies, delete_companies, list_companies
from tessera.loyalty.accounts.customers import (
    create_accounts,
    hold_customer,
    list_customers,
    search_customers,
    upsert_customer,
)
from tessera.loyalty.accounts.deletion import delete_accounts
from tessera.loyalty.accounts.merges import merge_accounts

__all__ = [
    "create_accounts",
    "create_companies",
    "delete_accounts",
    "delete_companies",
    "hold_customer",
    "list_companies",
    "list_customers",
    "merge_accounts",
    "search_customers",
    "update_accounts",
    "upsert_customer",
]
