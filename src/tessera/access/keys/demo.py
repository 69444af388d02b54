"""The credentials that the Connector API's documentation publishes. Only a demo may accept them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import list_enterprises
from tessera.access.keys.tokens import Digests, create_access_tokens, create_client_tokens
from tessera.access.keys.values import NewAccessToken
from tessera.platform.actors import Actor
from tessera.platform.db import Session

# Whose published tokens they might be, in the order of PUBLISHED.
APPLICATIONS = ("Property management system", "Booking engine", "Point of sale", "Guest app")
# Client token, access token of the property with gross prices, access token of the one with net prices.
PUBLISHED = (
    (
        "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
        "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
        "4D6C7ABE0E6A4681B0AFB16900AE5D86-DF50CBC89E1D4FF5859DDF021649ED5",
    ),
    (
        "E916C341431C4D28A866AD200152DBD3-A046EB5583FFBE94DE1172237763712",
        "CC150C355D6A4048A220AD20015483AB-B6D09C0C84B09538077CB8FFBB907B4",
        "1AEFA58C55E74D65BDC7AD2001564C12-66633E0B736F523379B9E5966165A55",
    ),
    (
        "2CC71B0660F345019882AD200155B4FE-4A1FC9080A4DD2A404734003674F77E",
        "5F56B9903A834F199E28AD20015E58CA-5C6A1A00550634911534AD6A098E8B7",
        "682C235379B64D909941AD2001577525-BFC60A026081F1350FAA99CAB9F7510",
    ),
    (
        "07AB1F14B55C49B8BDD6AD200158423B-273A4497AFF5E20566D7199DB3DC2BA",
        "39E301DD5A1C4A569087AD20015F60DD-50DC28896E9090CCA0995C9BBD90351",
        "BFD4298010F54B069F3DAD20015D53EA-D5561FADFBA4EFC8EA4C179C6BC461F",
    ),
)


async def create_demo_tokens(
    session: Session, actor: Actor, keys: Digests, enterprise_ids: Sequence[UUID], *, now: datetime
) -> None:
    """Accept the published tokens: for the first enterprise those of gross prices, for a second those of net ones."""
    names = {place.id: place.name for place in await list_enterprises(session, actor, ids=enterprise_ids)}
    clients = await create_client_tokens(
        session, actor, keys, APPLICATIONS, now=now, texts=[row[0] for row in PUBLISHED]
    )
    pairs = [
        (
            NewAccessToken(
                client_token_id=client.id, label=f"{client.label} at {names[place]}", enterprise_ids=[place]
            ),
            text,
        )
        for client, row in zip(clients, PUBLISHED, strict=True)
        for place, text in zip(enterprise_ids, row[1:], strict=False)
    ]
    items, texts = [item for item, _ in pairs], [text for _, text in pairs]
    await create_access_tokens(session, actor, keys, items, now=now, texts=texts)
