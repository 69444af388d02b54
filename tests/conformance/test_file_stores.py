"""One suite for every kind of file store, each against a real counterpart on loopback."""

import gc
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.builders.file_servers import Counterpart
from tests.builders.house import make_settings
from tests.conformance.stores import KINDS, broken_after, content, fresh, many, names, open_at, pieces, start

from tessera.connectors.contract.registry import get_connector
from tessera.connectors.contract.types import Network
from tessera.connectors.files import (
    FileError,
    FileMissingError,
    FileNameInvalidError,
    FileStore,
    FileStoreMissingError,
    FileTransferBrokenError,
    StoreCredentialsError,
)
from tessera.platform.clock import now
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id

MEGABYTE = 1024 * 1024
ODD = (
    "plain.csv",
    "ünï cödé/日本語.txt",
    "a b/%41+&#?=.txt",
    "brackets [1] 'quotes' \"double\" ~*.csv",
    "e\u0301 is not \u00e9.txt",
    "emoji 🧩.json",
    "-leading-dash",
    ".hidden",
    "back\\slash.txt",
    "x" * 200 + ".txt",
)


@pytest.fixture(scope="module", params=KINDS)
def counterpart(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counterpart]:
    with start(request.param, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
async def store(counterpart: Counterpart, network: Network) -> AsyncIterator[FileStore]:
    async with fresh(counterpart, network) as opened:
        yield opened


@pytest.mark.parametrize("name", ODD)
async def test_file_comes_back_under_its_name(store: FileStore, name: str) -> None:
    before = now()
    assert await store.put(name, pieces(b"hello", b"", b" world")) == 11

    info = await store.stat(name)
    assert (info.name, info.size) == (name, 11)
    assert info.modified_at is not None
    assert abs(info.modified_at - before) < timedelta(minutes=1)
    assert await content(store, name) == b"hello world"
    assert await content(store, name, offset=6) == b"world"
    assert await content(store, name, offset=11) == b""
    assert await names(store) == [name]


async def test_file_may_be_empty(store: FileStore) -> None:
    assert await store.put("empty.csv", pieces()) == 0

    assert (await store.stat("empty.csv")).size == 0
    assert await content(store, "empty.csv") == b""
    assert await names(store) == ["empty.csv"]


async def test_file_takes_the_place_of_an_older_one(store: FileStore) -> None:
    await store.put("daily.csv", pieces(b"yesterday, and more"))
    await store.put("daily.csv", pieces(b"today"))

    assert await content(store, "daily.csv") == b"today"


async def test_move_takes_the_place_of_a_file(store: FileStore) -> None:
    await store.put("in/a.csv", pieces(b"new"))
    await store.put("done/a.csv", pieces(b"old"))

    await store.move("in/a.csv", "done/a.csv")
    await store.move("done/a.csv", "done/far/b.csv")

    assert await names(store) == ["done/far/b.csv"]
    assert await content(store, "done/far/b.csv") == b"new"


async def test_upload_is_published_later(store: FileStore) -> None:
    await store.put("daily.csv", pieces(b"yesterday"))
    assert await store.upload("daily.csv", pieces(b"to", b"day")) == 5
    hidden = store.capabilities.hidden_upload

    assert await content(store, "daily.csv") == (b"yesterday" if hidden else b"today")
    assert await names(store) == ["daily.csv"]
    assert await store.publish("daily.csv", 5) is hidden
    assert await content(store, "daily.csv") == b"today"
    assert await names(store) == ["daily.csv"]


async def test_second_publish_changes_nothing(store: FileStore) -> None:
    """A worker that died between the rename and its own records publishes again."""
    await store.upload("in/new.csv", pieces(b"rows"))
    await store.publish("in/new.csv", 4)

    assert await store.publish("in/new.csv", 4) is False
    assert await content(store, "in/new.csv") == b"rows"


async def test_publish_of_nothing_is_missing(store: FileStore) -> None:
    if not store.capabilities.hidden_upload:
        assert await store.publish("never.csv", 4) is False
        return
    await store.put("other.csv", pieces(b"another size"))

    for name in ("never.csv", "in/never.csv", "other.csv"):
        with pytest.raises(FileMissingError, match="Upload it again"):
            await store.publish(name, 4)
    assert await content(store, "other.csv") == b"another size"


async def test_discarded_upload_is_gone(store: FileStore) -> None:
    await store.discard("never.csv")
    await store.upload("daily.csv", pieces(b"rows"))
    await store.discard("daily.csv")

    if store.capabilities.hidden_upload:
        with pytest.raises(FileMissingError):
            await store.publish("daily.csv", 4)
        assert await names(store) == []


async def test_later_upload_replaces_half_a_one(store: FileStore) -> None:
    """What a killed worker left is of another size, so it is not published."""
    await store.upload("daily.csv", pieces(b"ro"))
    if store.capabilities.hidden_upload:
        with pytest.raises(FileMissingError, match="2 bytes instead of 4"):
            await store.publish("daily.csv", 4)
    await store.upload("daily.csv", pieces(b"rows"))
    await store.publish("daily.csv", 4)

    assert await content(store, "daily.csv") == b"rows"


async def test_what_is_not_there_is_missing(store: FileStore) -> None:
    await store.put("there.csv", pieces(b"x"))
    await store.delete("there.csv")

    for work in (store.delete("there.csv"), store.stat("there.csv"), store.move("there.csv", "b.csv")):
        with pytest.raises(FileMissingError, match=r"there\.csv"):
            await work
    with pytest.raises(FileMissingError):
        await content(store, "there.csv")
    assert await names(store) == []


async def test_folder_is_listed_and_no_other(store: FileStore) -> None:
    for name in ("a/1.csv", "a/b/2.csv", "ab/3.csv", "a.csv"):
        await store.put(name, pieces(b"x"))

    assert await names(store) == ["a.csv", "a/1.csv", "a/b/2.csv", "ab/3.csv"]
    assert await names(store, "a") == ["a/1.csv", "a/b/2.csv"]
    assert await names(store, "/a/b/") == ["a/b/2.csv"]
    assert await names(store, "nowhere") == []


@pytest.mark.parametrize(
    "name",
    ["", "/", "../up", "a/../../up", "a//b", "./a", "a/.", "/etc/passwd", "a\0b", "a\r\nb", "x" * 1000, "a.part"],
)
async def test_name_never_leads_out_of_the_root(store: FileStore, name: str) -> None:
    for work in (
        store.put(name, pieces(b"x")),
        store.upload(name, pieces(b"x")),
        store.publish(name, 1),
        store.discard(name),
        store.stat(name),
        store.delete(name),
        store.move(name, "b"),
    ):
        with pytest.raises(FileNameInvalidError):
            await work
    with pytest.raises(FileNameInvalidError):
        await store.move("b", name)
    with pytest.raises(FileNameInvalidError):
        await content(store, name)


async def test_source_that_breaks_leaves_nothing_under_the_name(store: FileStore) -> None:
    await store.put("daily.csv", pieces(b"yesterday"))

    for count in (0, 1, 20):
        with pytest.raises(RuntimeError, match="the query ended"):
            await store.put("daily.csv", broken_after(count, RuntimeError("the query ended")))
        with pytest.raises(RuntimeError):
            await store.put("new.csv", broken_after(count, RuntimeError("the query ended")))

    assert await names(store) == ["daily.csv"]
    assert await content(store, "daily.csv") == b"yesterday"


async def test_large_file_passes_in_bounded_memory(store: FileStore) -> None:
    # Once in small, so that what libraries keep for ever is not counted.
    await store.put("warm.bin", many(40))
    gc.collect()
    before, most = resident(), 0

    async def watched() -> AsyncIterator[bytes]:
        nonlocal most
        async for piece in many(100):
            most = max(most, resident())
            yield piece

    assert await store.put("large.bin", watched()) == 100 * MEGABYTE
    size, number = 0, 0
    async for chunk in store.read("large.bin"):
        size += len(chunk)
        most = max(most, resident())
    async for chunk in store.read("large.bin", offset=99 * MEGABYTE):
        number += len(chunk)

    assert (size, number) == (100 * MEGABYTE, MEGABYTE)
    assert (most - before) / MEGABYTE < 80


def resident() -> int:
    """Return the memory that this process holds, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_wrong_credentials_are_told(counterpart: Counterpart, network: Network) -> None:
    if counterpart.kind == "s3":
        pytest.skip("moto checks no signatures; tests/connectors/test_object_stores.py shows what S3 would say")
    wrong = {"sftp": {"username": "nobody-at-all"}, "gcs": {}, "azure": {"account": "hill"}}[counterpart.kind]
    secrets = dict(counterpart.secrets)
    if counterpart.kind == "gcs":
        counterpart.secrets["service_account_key"] = secrets["service_account_key"].replace("exports@", "else@")
    try:
        with pytest.raises(StoreCredentialsError) as caught:
            async with open_at(counterpart, network, **wrong) as store:
                await store.list_page()
    finally:
        counterpart.secrets.update(secrets)
    assert caught.value.permanent
    assert not any(secret in str(caught.value) for secret in secrets.values())


async def test_missing_place_is_told(counterpart: Counterpart, network: Network) -> None:
    elsewhere = {
        "sftp": {"root_path": f"{counterpart.folder}/nowhere"},
        "s3": {"bucket": "nowhere"},
        "gcs": {"bucket": "nowhere"},
        "azure": {"container": "nowhere"},
    }[counterpart.kind]
    async with open_at(counterpart, network, **elsewhere) as store:
        for work in (store.list_page(), store.put("a.csv", pieces(b"x")), store.put("b/a.csv", pieces(b"x"))):
            with pytest.raises(FileStoreMissingError, match="nowhere"):
                await work


async def test_refused_address_is_not_called(counterpart: Counterpart, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, allowed_networks="")
    client = OutboundClient(allow_insecure_http=True)
    connector = get_connector(counterpart.kind)
    assert connector.open_files is not None
    assert connector.probe is not None
    inside = Network(client, settings)
    try:
        with pytest.raises((FileError, Exception), match="loopback"):
            async with connector.open_files(counterpart.profile(), inside) as store:
                await store.list_page()
        result = await connector.probe(counterpart.profile(), inside, frozenset())
    finally:
        await client.close()
    assert (result.steps[0].title, result.steps[0].passed) == ("Find the host", False)
    assert "TESSERA_ALLOWED_NETWORKS" in result.steps[0].message
    assert all(step.passed is None for step in result.steps[1:])


async def test_probe_tells_every_step(counterpart: Counterpart, network: Network) -> None:
    probe = get_connector(counterpart.kind).probe
    assert probe is not None

    looked = await probe(counterpart.profile(), network, frozenset())
    wrote = await probe(counterpart.profile(), network, frozenset({"write"}))

    assert looked.passed
    assert wrote.passed
    assert [step.title for step in wrote.steps][-2:] == ["List the root path", "Write, read and delete a probe file"]
    assert len(wrote.steps) == len(looked.steps) + 1
    async with open_at(counterpart, network) as store:
        assert not any("tessera-probe" in name for name in await names(store))


async def test_ten_thousand_files_are_listed_by_pages(counterpart: Counterpart, network: Network) -> None:
    # moto takes many milliseconds to store an object.
    count, limit = (600, 50) if counterpart.kind == "s3" else (10_000, 1000)
    root = f"{counterpart.folder or 'shelves'}/{new_id().hex}"
    async with open_at(counterpart, network, root_path=root) as store:
        counterpart.fill(f"{root}/box/00000.csv", count)
        seen: list[str] = []
        pages, after = 0, None
        while pages == 0 or after is not None:
            page = await store.list_page("box", after=after, limit=limit)
            seen += [each.name for each in page.items]
            pages, after = pages + 1, page.next
    assert pages == count // limit
    assert seen == [f"box/{number:05}.csv" for number in range(count)]


async def test_lost_server_is_temporary(network: Network, tmp_path: Path) -> None:
    for kind in KINDS:
        (folder := tmp_path / kind).mkdir()
        with start(kind, folder) as counterpart:
            assert counterpart.process is not None
            with pytest.raises(FileError) as caught:
                async with fresh(counterpart, network) as store:
                    await store.put("daily.csv", killing(counterpart))
            assert not caught.value.permanent, kind
            assert isinstance(caught.value, FileTransferBrokenError) or caught.value.code == "file_store_unreachable"
            if counterpart.folder is not None:
                left = [path.name for path in counterpart.folder.rglob("*.csv*")]
                assert "daily.csv" not in left


async def killing(counterpart: Counterpart) -> AsyncIterator[bytes]:
    """Yield a file during which the server dies."""
    async for number, piece in numbered(many(60)):
        if number == 30:
            counterpart.kill()
        yield piece


async def numbered(source: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """Count what comes."""
    number = 0
    async for piece in source:
        yield number, piece
        number += 1
