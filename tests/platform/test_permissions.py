"""Permissions are declared by the rooms they protect, and shown in one order."""

from tessera.platform.actors import LEVELS
from tessera.platform.lazy_imports import load_place
from tessera.platform.permissions import list_permissions, list_resources
from tessera.wiring import RESOURCES


def test_the_matrix_has_every_resource_once_and_in_its_order() -> None:
    assert [resource.key for resource in list_resources()] == [
        "members", "programs", "points", "queries", "connection-profiles", "http-templates", "encryption-keys",
        "exports", "chains", "events", "webhooks", "notices", "users", "roles", "api-keys", "connector-tokens", "audit",
        "mail",
    ]  # fmt: skip
    permissions = list(list_permissions())
    assert len(set(permissions)) == len(permissions) == 39
    assert {permission.partition(":")[2] for permission in permissions} == set(LEVELS)


def test_a_room_declares_its_own_resources_beside_its_code() -> None:
    declared = {
        place.removeprefix("tessera.").removesuffix(".permissions:RESOURCES"): load_place(place) for place in RESOURCES
    }

    assert [resource.key for resource in declared["connectors.keys"]] == ["encryption-keys"]
    assert [resource.key for resource in declared["notifications"]] == ["webhooks", "notices"]
    assert sum(map(len, declared.values())) == len(list_resources())
