"""Chains and their enterprises, and which of them an actor sees."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.chains.chains import (
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
    from tessera.access.chains.errors import ChainNotFoundError, EnterpriseNotFoundError
    from tessera.access.chains.models import ChainRow, EnterpriseRow
    from tessera.access.chains.scope import check_chains, narrow_chains, require_chain
    from tessera.access.chains.store.existence import has_chain, hold_chain, list_chain_ids
    from tessera.access.chains.values import (
        Address,
        Chain,
        Enterprise,
        EnterpriseFilter,
        LinkedEnterprise,
        NewEnterprise,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Address",
    "Chain",
    "ChainNotFoundError",
    "ChainRow",
    "Enterprise",
    "EnterpriseFilter",
    "EnterpriseNotFoundError",
    "EnterpriseRow",
    "LinkedEnterprise",
    "NewEnterprise",
    "archive_chain",
    "check_chains",
    "create_chains",
    "create_enterprises",
    "get_chain",
    "has_chain",
    "hold_chain",
    "list_chain_ids",
    "list_chains",
    "list_enterprises",
    "list_linked_enterprises",
    "narrow_chains",
    "rename_chain",
    "require_chain",
    "restore_chain",
]
