"""The reference pages. They show no data, so they are open to anyone."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from tessera.platform.errors import NotFoundError
from tessera.web.documents.reference import read_reference
from tessera.web.visits import ANYONE, PageVisit, Visit, own_address


class DocumentNotFoundError(NotFoundError):
    """There is no such API."""

    code = "document_not_found"


@get("/docs/api", permission=ANYONE)
async def list_references(visit: PageVisit) -> Response[Any]:
    """List the APIs that there are."""
    references = [(name, read_reference(document)) for name, document in documents_of(visit).items()]
    return visit.page("documents/templates/references.html", references=references)


@get("/docs/api/{document:str}", permission=ANYONE)
async def show_reference(visit: PageVisit, document: FromPath[str]) -> Response[Any]:
    """Show everything about one API."""
    found = documents_of(visit).get(document)
    if found is None:
        raise DocumentNotFoundError(f"There is no API called {document}. Choose one from the list of APIs.")
    return visit.page("documents/templates/reference.html", reference=read_reference(found), address=own_address(visit))


def documents_of(visit: Visit) -> dict[str, Any]:
    """Return the OpenAPI documents by their names."""
    return dict(visit.request.app.state.get("documents", {}))
