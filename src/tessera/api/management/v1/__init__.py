"""The management API, version 1, at `/api/v1`: JSON over HTTP, opened with API keys, described by its own document.

How to add a resource:

1. Write a module here, named like the resource. Shapes on the wire are msgspec Structs of the module; those that are
   read derive from `Asked` (unknown members are refused), those that are answered carry a docstring and, where it
   helps, `Meta(description=…, examples=…)`.
2. Write one async function an operation. Its signature declares what it reads, and the document is made from it:
   `call` first; then each `{name}` of the path as `UUID` or `int`; `query`, an `Asked` read from the query string
   (`PageQuery` or a kind of it for lists); `body`, an `Asked` read from the body; `idempotency_key`, a `str` from the
   header of that name, which is required unless the annotation allows None; `if_match`, an `int | None`, the version
   that the header of that name asks for. The return annotation is the answer's shape; None answers 204. One with a
   member `version` is answered with its `ETag`. A POST that reads no key is answered from the kept answers when it is
   repeated under one. The docstring becomes summary and description.
3. List the operations as `ROUTES = (Route("GET", "/things", "things:read", list_things), …)`. The permission is
   checked before the function runs. `call.session` is the request's transaction, committed after the function
   returned; with `in_transaction=False` there is none, and the function opens what it needs from `call.resources`.
4. Name the module in `registry.py`, the routes in `docs/reference/management-api.md`, the permissions in
   `docs/reference/names.md`.

Functions raise the rooms' errors as they are: `problems.py` alone turns a kind into a status.
"""

from tessera.api.management.v1.openapi import describe
from tessera.api.management.v1.transport import build_management_api

__all__ = ["build_management_api", "describe"]
