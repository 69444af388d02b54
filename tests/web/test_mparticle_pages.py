"""An outbound mParticle profile's form: its endpoint follows from the pod, with scripts and without."""

import html
import json
from typing import Any

from tests.builders.house import ACTOR, create_members
from tests.web.conftest import Browser, Site

from tessera import connectors
from tessera.connectors import NewProfile, Profile, address_policy
from tessera.outbound.kinds.mparticle.settings import PODS

TAB = "/admin/integrations/connectors/mparticle"


async def make_draft(site: Site) -> Profile:
    """Make a profile that is still to be filled in."""
    chain = await create_members(site.house.database, 0)
    resources = site.house.resources
    parts: dict[str, Any] = {"chain_id": chain, "keys": resources.keys, "policy": address_policy(resources.settings)}
    async with resources.database.session() as session:
        new = NewProfile("mparticle_outbound", "standard", "mParticle", draft=True)
        return await connectors.create_profile(session, ACTOR, new=new, **parts)


async def test_outbound_tab_comes_first(site: Site, owner: Browser) -> None:
    await make_draft(site)
    page = (await owner.get(TAB)).text
    assert page.index("Outbound mParticle") < page.index("Inbound mParticle")


async def test_endpoint_follows_from_the_pod(site: Site, owner: Browser) -> None:
    draft = await make_draft(site)
    path = f"/admin/integrations/profiles/{draft.chain_id}/{draft.id}"
    page = html.unescape((await owner.get(f"{path}/edit")).text)
    assert f'data-follows="p_pod" data-given="{json.dumps(PODS)}"' in page
    fields = {"label": "mParticle", "version": "1", "p_pod": "EU1", "p_endpoint": PODS["US1"], "p_api_key": "key"}
    fields["p_environment"] = "development"
    token = await owner.token()
    answer = await owner.post(f"{path}/edit", csrf_token=token, secret_api_secret="canary-7f3a9", **fields)
    assert answer.status_code == 303, answer.text
    async with site.house.database.session() as session:
        saved = await connectors.get_profile(session, ACTOR, draft.chain_id, draft.id)
    assert (saved.settings["endpoint"], saved.ready) == (PODS["EU1"], True)
    assert "canary" not in (await owner.get(path)).text
