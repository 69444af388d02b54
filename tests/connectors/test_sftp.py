"""SFTP beyond the suite of all stores: passwords, host keys discovered and changed, old servers, links."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from sqlalchemy import text
from tests.builders.file_servers import PASSWORD, Counterpart, asyncssh_server
from tests.builders.house import make_settings
from tests.builders.key_files import ssh_key
from tests.builders.places import OWNER, POLICY, Place
from tests.conformance.stores import content, names, open_at, pieces

from tessera import connectors
from tessera.connectors import NewProfile, Profile
from tessera.connectors.contract.types import Network
from tessera.connectors.files import (
    FileStoreRefusedError,
    FileStoreUnreachableError,
    HostKeyChangedError,
    StoreCredentialsError,
)
from tessera.connectors.kinds.sftp.probe import probe_host
from tessera.platform.db import Database
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

OTHER = "SHA256:" + "A" * 43


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    settings = make_settings(tmp_path)
    client = OutboundClient(allowed_networks=settings.allowed_networks, allow_insecure_http=True)
    yield Network(client, settings)
    await client.close()


@pytest.fixture
async def partner(tmp_path: Path) -> AsyncIterator[Counterpart]:
    (folder := tmp_path / "shelf").mkdir()
    async with asyncssh_server(folder) as running:
        yield running


def fingerprint(kind: str = "ecdsa") -> str:
    return asyncssh.import_private_key(ssh_key(kind)).get_fingerprint("sha256")


async def test_password_opens_a_confined_server(partner: Counterpart, network: Network) -> None:
    async with open_at(partner, network, host_key_fingerprint=f"{OTHER} {fingerprint()}") as store:
        await store.put("in/a.csv", pieces(b"hello"))
        assert await content(store, "in/a.csv") == b"hello"
        assert store.discovered == {}
    assert partner.folder is not None
    assert (partner.folder / "in" / "a.csv").read_bytes() == b"hello"


async def test_wrong_password_is_told_without_it(partner: Counterpart, network: Network) -> None:
    partner.secrets = {"password": "canary-wrong"}

    with pytest.raises(StoreCredentialsError) as caught:
        async with open_at(partner, network):
            pass
    result = await probe_host(partner.profile(), network, frozenset())

    assert "canary" not in caught.value.message
    told = {step.title: step.passed for step in result.steps}
    assert told == {
        "Find the host": True,
        "Connect": True,
        "Check the host key": True,
        "Sign in": False,
        "List the root path": None,
    }


async def test_other_host_key_is_refused_before_the_password(tmp_path: Path, network: Network) -> None:
    asked: list[str] = []

    class Curious(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            asked.append(username)
            return True

    async with asyncssh_server(tmp_path, server_factory=Curious) as server:
        with pytest.raises(HostKeyChangedError) as caught:
            async with open_at(server, network, host_key_fingerprint=OTHER):
                pass
        result = await probe_host(server.profile(host_key_fingerprint=OTHER), network, frozenset())

    assert asked == []
    assert fingerprint() in caught.value.message
    assert OTHER in caught.value.message
    assert [step.passed for step in result.steps] == [True, True, False, None, None]
    assert result.discovered == {}


async def test_any_key_of_the_server_may_be_the_pinned_one(tmp_path: Path, network: Network) -> None:
    kinds = ("ed25519", "ecdsa", "rsa")
    keys = [asyncssh.import_private_key(ssh_key(kind)) for kind in kinds]
    async with asyncssh_server(tmp_path, server_host_keys=keys) as server:
        for kind in kinds:
            async with open_at(server, network, host_key_fingerprint=fingerprint(kind)) as store:
                assert store.discovered == {}
            result = await probe_host(server.profile(host_key_fingerprint=fingerprint(kind)), network, frozenset())
            assert all(step.passed for step in result.steps)
        with pytest.raises(HostKeyChangedError) as caught:
            async with open_at(server, network, host_key_fingerprint=OTHER):
                pass
    assert all(fingerprint(kind) in caught.value.message for kind in kinds)


async def test_host_that_is_down_is_told(network: Network, partner: Counterpart) -> None:
    with pytest.raises(FileStoreUnreachableError, match="port 1"):
        async with open_at(partner, network, port=1):
            pass
    result = await probe_host(partner.profile(port=1), network, frozenset())
    assert [step.passed for step in result.steps] == [True, False, None, None, None]


async def test_server_of_sha1_days_is_refused(tmp_path: Path, network: Network) -> None:
    async with asyncssh_server(tmp_path, kex_algs=["diffie-hellman-group14-sha1"]) as server:
        with pytest.raises(FileStoreRefusedError, match="answer the sign-in"):
            async with open_at(server, network):
                pass


async def test_server_that_cannot_rename_over_a_file_is_helped(tmp_path: Path, network: Network) -> None:
    class Old(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(tmp_path).encode())

        def posix_rename(self, _oldpath: bytes, _newpath: bytes) -> None:
            raise asyncssh.SFTPOpUnsupported("no")

    async with asyncssh_server(tmp_path, sftp_factory=Old) as server, open_at(server, network) as store:
        assert store.capabilities.atomic_replace
        await store.put("a.csv", pieces(b"old"))
        await store.put("a.csv", pieces(b"new"))
        assert await content(store, "a.csv") == b"new"
        assert not store.capabilities.atomic_replace
        assert await names(store) == ["a.csv"]

        await store.upload("a.csv", pieces(b"newest"))
        assert await store.publish("a.csv", 6) is True
        assert await store.publish("a.csv", 6) is False
        assert await content(store, "a.csv") == b"newest"


async def test_links_and_unfinished_files_are_not_listed(partner: Counterpart, network: Network) -> None:
    assert partner.folder is not None
    (partner.folder / "a.csv").write_bytes(b"x")
    (partner.folder / "b.csv.part").write_bytes(b"x")
    (partner.folder / "etc").symlink_to("/etc")
    (partner.folder / "passwd").symlink_to("/etc/passwd")
    (partner.folder / "line\nbreak").write_bytes(b"x")

    async with open_at(partner, network) as store:
        assert await names(store) == ["a.csv"]


async def make_profile(database: Database, place: Place, keys: KeyRing, partner: Counterpart) -> Profile:
    """Save a profile of the running partner."""
    new = NewProfile("sftp", "standard", "Partner", settings={**partner.settings, "password": PASSWORD})
    async with database.session() as session:
        return await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=POLICY
        )


async def test_first_connection_discovers_the_host_key_once(
    database: Database, place: Place, keys: KeyRing, partner: Counterpart, network: Network
) -> None:
    profile = await make_profile(database, place, keys, partner)
    resources = Resources(network.settings, database, keys, JobQueue(database))

    for _ in range(2):
        async with connectors.open_file_store(
            resources, network.client, OWNER, chain_id=place.chain_id, profile_id=profile.id
        ) as store:
            assert await names(store) == []
    async with database.session() as session:
        now = await connectors.get_profile(session, OWNER, place.chain_id, profile.id)
        learned = (await session.execute(text("SELECT after FROM audit_entries WHERE action = 'discovered'"))).all()

    assert now.settings["host_key_fingerprint"] == fingerprint()
    assert now.version == profile.version + 1
    assert [row.after for row in learned] == [{"host_key_fingerprint": fingerprint()}]


async def test_testing_a_connection_discovers_too(
    database: Database, place: Place, keys: KeyRing, partner: Counterpart, network: Network
) -> None:
    profile = await make_profile(database, place, keys, partner)
    resources = Resources(network.settings, database, keys, JobQueue(database))

    result = await connectors.test_profile(
        resources, network.client, OWNER, chain_id=place.chain_id, profile_id=profile.id, options=["write"]
    )
    async with database.session() as session:
        now = await connectors.get_profile(session, OWNER, place.chain_id, profile.id)

    assert result.passed
    assert now.settings["host_key_fingerprint"] == fingerprint()
    assert PASSWORD not in repr(result)
