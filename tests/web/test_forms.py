"""What pages take as a form: from where, how large, how many fields, and in which encoding."""

import pytest
from tests.builders.house import SmallHouse
from tests.web.conftest import Browser, Site, build_site, open_browser

from tessera.web.origins import is_own_origin

KIND = {"Content-Type": "application/x-www-form-urlencoded"}
PART = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: text/plain; charset=%b\r\n\r\n\xff\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://tessera.test:81",
        "http://sub.tessera.test",
        "null",
        "",
        "http://",
        "http://x:99999",
    ],
)
async def test_form_of_another_site_is_refused_with_a_valid_token(owner: Browser, origin: str) -> None:
    token = await owner.token()
    answer = await owner.client.post("/theme", data={"csrf_token": token}, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "TESSERA_PUBLIC_URL" in answer.text
    in_header = await owner.client.post("/theme", headers={"Origin": origin, "X-CSRF-Token": token})
    assert in_header.status_code == 403


async def test_form_of_our_own_page_is_taken(owner: Browser, house: SmallHouse, site: Site) -> None:
    token = await owner.token()
    answer = await owner.client.post("/theme", data={"csrf_token": token}, headers={"Origin": "http://tessera.test"})
    assert answer.status_code == 303

    settings = house.resources.settings.model_copy(update={"public_url": "https://tessera.example"})
    async with open_browser(build_site(house, settings=settings), "http://10.0.0.7:8080") as behind_a_proxy:
        foreign = await behind_a_proxy.client.post("/sign-in", headers={"Origin": "https://tessera.example.evil"})
        own = await behind_a_proxy.client.post("/sign-in", headers={"Origin": "https://tessera.example"})
    assert "Open the page here" in foreign.text
    assert "The sign-in form has expired" in own.text


def test_origins_are_compared_with_their_ports() -> None:
    assert is_own_origin("https://a.example:443", "A.example", None)
    assert is_own_origin("https://a.example", "x", "https://a.example:443/")
    assert not is_own_origin("http://a.example:8080", "a.example", None)
    assert not is_own_origin("null", "null", None)


@pytest.mark.parametrize("path", ["/sign-in", "/forgot-password", "/reset-password", "/sign-in/code"])
async def test_form_of_a_stranger_is_small(stranger: Browser, path: str) -> None:
    fits = await stranger.client.post(path, content=b"a=" + b"x" * (64 * 1024 - 2), headers=KIND)
    large = await stranger.client.post(path, content=b"a=" + b"x" * (64 * 1024 - 1), headers=KIND)

    assert (fits.status_code, large.status_code) == (403, 413)
    assert "at most 64 KB" in large.text


async def test_stranger_with_a_made_up_session_is_one(stranger: Browser) -> None:
    stranger.client.cookies.set("tessera_session", "made up")
    large = await stranger.client.post("/sign-in", content=b"a=1&" * 20_000, headers=KIND)
    inside = await stranger.client.post("/theme", content=b"a=1&" * 20_000, headers=KIND)

    assert large.status_code == 413
    assert (inside.status_code, inside.headers["location"]) == (303, "/sign-in")


async def test_form_of_a_user_has_a_ceiling_too(owner: Browser) -> None:
    headers = {**KIND, "X-CSRF-Token": await owner.token()}
    fits = await owner.client.post("/theme", content=b"a=1&" * 9_999, headers=headers)
    many = await owner.client.post("/theme", content=b"a=1&" * 10_000, headers=headers)
    large = await owner.client.post("/theme", content=b"a" * (8 * 1024 * 1024 + 1), headers=headers)

    assert (fits.status_code, many.status_code, large.status_code) == (303, 413, 413)


@pytest.mark.parametrize("charset", [b"nonsense", b"utf-8"])
async def test_form_in_an_unknown_encoding_is_the_clients_fault(owner: Browser, charset: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-CSRF-Token": await owner.token()}
    answer = await owner.client.post("/theme", content=PART % charset, headers=headers)

    assert answer.status_code == 400


async def test_errors_are_not_cached(owner: Browser, stranger: Browser) -> None:
    missing = [await stranger.get("/static/nothing.css"), await owner.get("/nothing"), await owner.get("/members/x")]
    refused = [await owner.post("/sign-in"), await owner.post("/theme"), await owner.client.put("/theme")]
    network = [await stranger.get("/members"), await stranger.get("/members", **{"HX-Request": "true"})]

    for answer in (*missing, *refused, *network):
        assert (answer.url.path, answer.headers["cache-control"]) == (answer.url.path, "no-store")
        assert answer.status_code >= 300
