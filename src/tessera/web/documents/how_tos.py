"""The how-tos that the pages link to: shipped with the package, shown without any network."""

import re
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath
from markdown_it import MarkdownIt
from markupsafe import Markup

from tessera.platform.errors import NotFoundError
from tessera.web.visits import ANYONE, PageVisit, Visit

# In an installed package beside the pages; in a source tree where they are written.
PACKAGED = Path(__file__).parents[1] / "how_to"
WRITTEN = Path(__file__).parents[4] / "docs" / "how-to"
NAME = re.compile(r"[a-z0-9-]+|README", re.ASCII)
LINK = re.compile(r"(?<=\]\()([a-zA-Z-]+)\.md")
ELSEWHERE = re.compile(r"\[([^\]]+)\]\((?:\.\.|\.)/[^)]+\)")


class HowToUnknownError(NotFoundError):
    """There is no such how-to."""

    code = "how_to_not_found"


@get("/docs/how-to", permission=ANYONE)
async def list_how_tos(visit: PageVisit) -> Response[str]:
    """List the how-tos, as their README does."""
    return show(visit, "README")


@get("/docs/how-to/{name:str}", permission=ANYONE)
async def show_how_to(visit: PageVisit, name: FromPath[str]) -> Response[str]:
    """Show one how-to."""
    return show(visit, name)


def show(visit: Visit, name: str) -> Response[str]:
    """Answer with one of the documents."""
    title, text = read_how_to(name)
    return visit.page("documents/templates/how_to.html", name=name, title=title, text=text)


@cache
def read_how_to(name: str) -> tuple[str, Markup]:
    """Return the title and the text as HTML. Documents that are not shipped with the pages are named, not linked."""
    path = folder() / f"{name}.md"
    if not NAME.fullmatch(name) or not path.is_file():
        raise HowToUnknownError("There is no such how-to. Choose one from the list at /docs/how-to.")
    source = ELSEWHERE.sub(r"\1", LINK.sub(r"/docs/how-to/\1", path.read_text(encoding="utf-8")))
    first, _, rest = source.partition("\n")
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    return first.removeprefix("# "), Markup(renderer.render(rest))  # noqa: S704 - our own text, and HTML in it is off


def folder() -> Path:
    """Return the folder of the how-tos."""
    return PACKAGED if PACKAGED.is_dir() else WRITTEN
