"""Hostile input in every field of every form that is made from what a connector declares."""

import html
import re
from uuid import UUID

import pytest
from tests.builders.hostile import ATTACKS, Attack, choices, variants
from tests.builders.house import ACTOR, create_members
from tests.web.conftest import Browser, Site

from tessera import connectors
from tessera.connectors import NewProfile, Profile, address_policy
from tessera.connectors.contract import ConnectorType, Property, PropertyKind, connector_types
from tessera.web.integrations.property_fields import name_of

# What the attack named "expression" comes to where anything evaluates it.
EVALUATED = "8641969"
ERROR = re.compile(r'class="field-error" id="([^"]+)-words"')


async def make_draft(site: Site, chain: UUID, connector: ConnectorType, variant: str) -> Profile:
    """Make a profile in which nothing is filled in."""
    resources = site.house.resources
    new = NewProfile(connector.key, variant, "Draft", draft=True)
    async with resources.database.session() as session:
        return await connectors.create_profile(
            session, ACTOR, chain_id=chain, new=new, keys=resources.keys, policy=address_policy(resources.settings)
        )


def fields_of(each: Property, text: str) -> dict[str, str]:
    """Return the fields of one property with the text in each."""
    name = name_of(each)
    if each.kind is PropertyKind.HEADERS:
        return {f"{name}-0-name": text, f"{name}-0-value": text, f"{name}-1-name": "X-Fine", f"{name}-1-value": text}
    return {name: text}


def check_page(page: str, attack: Attack, asked: list[Property]) -> None:
    """Look for a fault at every field that must have one, and for what was typed as text and nothing else."""
    faulty = set(ERROR.findall(page))
    assert {name_of(each) for each in asked if attack.is_refused(each)} <= faulty
    assert "<script>alert" not in page
    assert EVALUATED not in page


@pytest.mark.parametrize(
    ("connector", "variant"), [pytest.param(*each, id=f"{each[0].key}-{each[1]}") for each in variants()]
)
async def test_form_refuses_it_beside_the_field(
    site: Site, owner: Browser, connector: ConnectorType, variant: str
) -> None:
    draft = await make_draft(site, await create_members(site.house.database, 0), connector, variant)
    path = f"/admin/integrations/profiles/{draft.chain_id}/{draft.id}/edit"
    token = await owner.token()
    for chosen in choices(connector, variant):
        asked = [each for each in connector.shown_properties(variant, chosen) if each.key not in chosen]
        fixed = {f"p_{key}": value for key, value in chosen.items()}
        for attack in ATTACKS:
            typed = {name: text for each in asked for name, text in fields_of(each, attack.text).items()}
            answer = await owner.post(path, csrf_token=token, label=attack.text, version="1", **fixed, **typed)
            assert answer.status_code == 422, (chosen, attack.name)
            check_page(answer.text, attack, asked)
    async with site.house.database.session() as session:
        assert await connectors.get_profile(session, ACTOR, draft.chain_id, draft.id) == draft


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
async def test_create_line_takes_a_name_and_nothing_else(site: Site, owner: Browser, attack: Attack) -> None:
    await create_members(site.house.database, 0)
    path = "/admin/integrations/connectors/http_api"
    answer = await owner.post(path, csrf_token=await owner.token(), label=attack.text, variant="none")
    if answer.status_code == 303:
        answer = await owner.get(answer.headers["location"])
        # The kit makes one line break of what a browser sends as two characters.
        assert attack.text.replace("\r\n", "\n") in html.unescape(answer.text)
    else:
        assert answer.status_code == 422
        assert 'id="label-words"' in answer.text
    assert "<script>alert" not in answer.text
    odd = await owner.post(path, csrf_token=await owner.token(), label="x", variant=attack.text)
    assert odd.status_code == 422
    assert 'id="variant-words"' in odd.text


async def test_rows_of_headers_have_a_limit(site: Site, owner: Browser) -> None:
    connector = connector_types()["http_api"]
    draft = await make_draft(site, await create_members(site.house.database, 0), connector, "none")
    path = f"/admin/integrations/profiles/{draft.chain_id}/{draft.id}/edit"
    rows = {f"p_static_headers-{n}-name": f"X-{n}" for n in range(101)}
    answer = await owner.post(path, csrf_token=await owner.token(), label="x", version="1", **rows)
    assert answer.status_code == 422
    assert "More than 100 headers" in answer.text
