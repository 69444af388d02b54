"""Where the objects of audit entries have their pages. Pure."""

from tessera.platform.audit import KeptEntry

# Placeholders are members of the entry.
PATHS = {
    "user": "/admin/access/users/{object_id}",
    "role": "/admin/access/roles/{object_id}",
    "api_key": "/admin/access/api-keys/{object_id}",
    "client_token": "/admin/access/connector-tokens/{object_id}",
    "access_token": "/admin/access/connector-tokens/{object_id}",
    "chain": "/admin/chains/{object_id}",
    "connection_profile": "/admin/integrations/profiles/{chain_id}/{object_id}",
    "http_template": "/admin/integrations/templates/{chain_id}/{object_id}",
    "query": "/analytics/queries/{chain_id}/{object_id}",
    "export_definition": "/admin/exports/definitions/{object_id}",
    "run": "/admin/exports/runs/{object_id}",
}


def link_of(entry: KeptEntry) -> str | None:
    """Return the address of the entry's object; None where it has no page, or is gone."""
    path = PATHS.get(entry.object_kind)
    if path is None or entry.object_id is None or entry.action == "deleted":
        return None
    if "{chain_id}" in path and entry.chain_id is None:
        return None
    return path.format(chain_id=entry.chain_id, object_id=entry.object_id)
