"""What may be permitted about chains and enterprises."""

from tessera.platform.permissions import Resource

RESOURCES = (
    Resource("chains", "Chains", {"read": "read chains and enterprises", "write": "make chains and enterprises"}),
)
