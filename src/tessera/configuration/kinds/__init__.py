"""One file for each kind of thing: how it is described, found, stored and taken away."""

from tessera.configuration.documents import Kind
from tessera.configuration.kinds import encryption_keys, exports, profiles, queries, templates
from tessera.configuration.kinds.handlers import Handler

HANDLERS: dict[Kind, Handler] = {
    Kind.ENCRYPTION_KEYS: encryption_keys.HANDLER,
    Kind.PROFILES: profiles.HANDLER,
    Kind.QUERIES: queries.HANDLER,
    Kind.TEMPLATES: templates.HANDLER,
    Kind.EXPORTS: exports.HANDLER,
}

__all__ = ["HANDLERS"]
