"""Which answers give what other operations ask for."""

from typing import Any

from tessera.api.connector.v1.operations import OPERATIONS

ROOT = "/api/connector/v1/"
MADE = "$response.body#"

# From an operation, by the name of the link: the operation that it leads to, and what to ask there.
LINKS: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {
    "loyaltyPrograms/add": {
        "findProgram": ("loyaltyPrograms/getAll", {"LoyaltyProgramIds": [f"{MADE}/LoyaltyPrograms/0/Id"]}),
        "listTiers": ("loyaltyTiers/getAll", {"LoyaltyProgramIds": [f"{MADE}/LoyaltyPrograms/0/Id"]}),
        "deleteProgram": ("loyaltyPrograms/delete", {"LoyaltyProgramIds": [f"{MADE}/LoyaltyPrograms/0/Id"]}),
    },
    "loyaltyTiers/add": {
        "findTier": (
            "loyaltyTiers/getAll",
            {
                "LoyaltyProgramIds": [f"{MADE}/LoyaltyTiers/0/LoyaltyProgramId"],
                "LoyaltyTierIds": [f"{MADE}/LoyaltyTiers/0/Id"],
            },
        ),
        "deleteTier": ("loyaltyTiers/delete", {"LoyaltyTierIds": [f"{MADE}/LoyaltyTiers/0/Id"]}),
    },
    "loyaltyMemberships/add": {
        "findMembership": (
            "loyaltyMemberships/getAll",
            {"LoyaltyMembershipIds": [f"{MADE}/LoyaltyMemberships/0/Id"]},
        ),
        "deleteMembership": (
            "loyaltyMemberships/delete",
            {"LoyaltyMembershipIds": [f"{MADE}/LoyaltyMemberships/0/Id"]},
        ),
    },
    "loyaltyMemberships/getAll": {
        "nextPage": ("loyaltyMemberships/getAll", {"Limitation": {"Count": 1, "Cursor": f"{MADE}/Cursor"}}),
    },
    "customers/add": {
        "findMemberships": ("loyaltyMemberships/getAll", {"AccountIds": [f"{MADE}/Id"]}),
        "findCustomer": ("customers/getAll", {"CustomerIds": [f"{MADE}/Id"]}),
    },
}


def links_from(address: str) -> dict[str, Any]:
    """Return the links of an operation's answer, by their names."""
    found = LINKS.get(address.removeprefix(ROOT), {})
    return {
        name: {"operationId": operation_id(target), "requestBody": body}
        for name, (target, body) in found.items()
        if ROOT + target in OPERATIONS
    }


def operation_id(address: str) -> str:
    """Return the id of the operation at an address."""
    resource, action = address.split("/")[-2:]
    return f"{resource}{action[0].upper()}{action[1:]}"
