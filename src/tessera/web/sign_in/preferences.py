"""What one browser remembers for its user: the chosen chain, and the theme."""

from litestar import Response, post

from tessera.web.cookies import make_cookie
from tessera.web.sign_in.doors import YEAR, local_path
from tessera.web.visits import CHAIN_COOKIE, SIGNED_IN, THEME_COOKIE, THEMES, PageVisit


@post("/chain", permission=SIGNED_IN)
async def choose_chain(visit: PageVisit) -> Response[None]:
    """Remember in this browser which chain lists show, and go to the home page: other pages may not exist there."""
    form = await visit.form()
    chosen = form.get("chain")
    known = chosen if any(str(chain.id) == chosen for chain in visit.chains) else ""
    cookie = make_cookie(visit.resources.settings, CHAIN_COOKIE, known, max_age=YEAR if known else 0)
    return visit.go("/", cookies=[cookie])


@post("/theme", permission=SIGNED_IN, before_factor=True)
async def change_theme(visit: PageVisit) -> Response[None]:
    """Remember the theme in this browser; any other word follows the system."""
    form = await visit.form()
    theme = form.get("theme")
    chosen = theme if theme in THEMES else ""
    cookie = make_cookie(visit.resources.settings, THEME_COOKIE, chosen, max_age=YEAR if chosen else 0)
    return visit.go(local_path(form.get("next")), cookies=[cookie])
