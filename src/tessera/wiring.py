"""The only place that knows every room: makes the parts of a process and gives each what it needs."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tessera import exports, inbound, loyalty, notifications, queries
from tessera.access import sign_in as access_sign_in
from tessera.connectors.contract import register_connectors
from tessera.platform import audit, events, files, http, idempotency, mail, schedules
from tessera.platform.datasets import register_datasets
from tessera.platform.db import (
    Database,
    act_as_owner,
    app_address,
    find_expected_key,
    is_current,
    migrate,
    query_address,
    record_key,
)
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.errors import ConflictError
from tessera.platform.jobs import BackgroundWork, JobQueue, Queue, job_queue_work, work_in_background
from tessera.platform.lazy_imports import import_all
from tessera.platform.permissions import register_resources
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing, load_keys
from tessera.platform.settings import Settings

if TYPE_CHECKING:
    from tessera.platform.paces import Paces

CONNECTORS = {
    "http_api": "tessera.outbound.kinds.http_api:HTTP_API",
    "mparticle_outbound": "tessera.outbound.kinds.mparticle:MPARTICLE_OUTBOUND",
    "mparticle_inbound": "tessera.inbound.kinds.mparticle:MPARTICLE_INBOUND",
    "cheetah_digital": "tessera.connectors.kinds.cheetah_digital:CHEETAH_DIGITAL",
    "selligent": "tessera.connectors.kinds.selligent:SELLIGENT",
    "sparkfly": "tessera.connectors.kinds.sparkfly:SPARKFLY",
    "sftp": "tessera.connectors.kinds.sftp:SFTP",
    "s3": "tessera.connectors.kinds.s3:S3",
    "gcs": "tessera.connectors.kinds.gcs:GCS",
    "azure": "tessera.connectors.kinds.azure:AZURE",
}
register_connectors(CONNECTORS)

# In the order in which forms offer them.
CHANNELS = {
    "email": "tessera.notifications.channels.email:EMAIL",
    "webhook": "tessera.notifications.channels.webhook:WEBHOOK",
    "slack": "tessera.notifications.channels.slack:SLACK",
    "heartbeat": "tessera.notifications.channels.heartbeat:HEARTBEAT",
}
notifications.register_channels(CHANNELS)

EXPORT_KINDS = {
    "requests": "tessera.exports.kinds.requests:REQUESTS",
    "files": "tessera.exports.kinds.files:FILES",
}
exports.register_kinds(EXPORT_KINDS)

DATASETS = ("tessera.loyalty.datasets:DATASETS",)
register_datasets(DATASETS)

# In the order of the permission matrix.
RESOURCES = (
    "tessera.loyalty.permissions:RESOURCES",
    "tessera.queries.permissions:RESOURCES",
    "tessera.connectors.permissions:RESOURCES",
    "tessera.outbound.permissions:RESOURCES",
    "tessera.connectors.keys.permissions:RESOURCES",
    "tessera.exports.permissions:RESOURCES",
    "tessera.access.chains.permissions:RESOURCES",
    "tessera.platform.events.permissions:RESOURCES",
    "tessera.notifications.permissions:RESOURCES",
    "tessera.access.users.permissions:RESOURCES",
    "tessera.access.roles.permissions:RESOURCES",
    "tessera.access.keys.permissions:RESOURCES",
    "tessera.platform.audit.permissions:RESOURCES",
    "tessera.platform.mail.permissions:RESOURCES",
)
register_resources(RESOURCES)

# In the order in which `tessera secrets reseal` lists them.
RESEALINGS = (
    "tessera.connectors.sealed_secrets:RESEALING",
    "tessera.outbound.header_seals:RESEALING",
    "tessera.connectors.keys.encryption_keys:RESEALING",
    "tessera.notifications.subscriptions:RESEALING",
    "tessera.exports.notice_rules:RESEALING",
    "tessera.notifications.notices.sender:RESEALING",
    "tessera.platform.mail.outbox:RESEALING",
    "tessera.inbound.retention:RESEALING",
    "tessera.access.factors.factors:RESEALING",
)

# What a process that lives long loads at its start.
ROOMS = (
    "tessera.access.chains",
    "tessera.access.users",
    "tessera.access.roles",
    "tessera.access.keys",
    "tessera.access.sign_in",
    "tessera.notifications",
    "tessera.loyalty",
    "tessera.connectors",
    "tessera.queries",
    "tessera.outbound",
    "tessera.inbound",
    "tessera.exports",
    "tessera.configuration",
    "tessera.platform.http",
)

# Mail and other short jobs at once, beside the runs.
SHORT_SLOTS = 4
# Calls to receivers of notices, any of which may hang for some seconds.
NOTICE_SLOTS = 8


WAY_ON = (
    "Mount or restore that file and start again. If it is lost for good, `tessera migrate --accept-key-ring` goes on"
    " with the keys at hand: saved secrets have to be given again, and API keys and tokens made again."
)


class KeyRingMismatchError(ConflictError):
    """The key file is not the one that the database belongs to."""

    code = "key_ring_mismatch"


class SchemaOutdatedError(ConflictError):
    """The database was not migrated to this version."""

    code = "schema_outdated"


@dataclass(frozen=True)
class Application:
    """The resources of a process and what the rooms build on them; a part is made when it is first used."""

    resources: Resources
    query_login: str

    @cached_property
    def engine(self) -> "queries.QueryEngine":
        """What runs analytics queries: there is one engine, and it runs all of them."""
        from tessera.queries.engines.sql import SqlEngine

        return SqlEngine(self.resources.database, self.query_login, self.resources.settings)

    @cached_property
    def client(self) -> "http.OutboundClient":
        """What calls outside systems."""
        settings = self.resources.settings
        return http.OutboundClient(
            allowed_networks=settings.allowed_networks,
            allow_insecure_http=settings.allow_insecure_http,
            ca_file=settings.outbound_ca_file,
        )

    @cached_property
    def paces(self) -> "Paces":
        """How fast this process calls outside systems, beside all others."""
        from tessera.platform.paces import LEASE_SECONDS, Paces

        settings = self.resources.settings
        return Paces(self.resources.database, lease_seconds=min(LEASE_SECONDS, settings.run_lease_seconds))

    async def close(self) -> None:
        """Close what was made."""
        if "paces" in self.__dict__:
            await self.paces.close()
        if "client" in self.__dict__:
            await self.client.close()
        await self.resources.database.close()


@contextmanager
def hold_server(settings: Settings) -> Iterator[EmbeddedServer | None]:
    """Have a database for this while: the one of the settings, or the embedded one, started if it does not run yet.

    Gives the embedded server, None where the settings name another.
    """
    if settings.database_url is not None:
        yield None
        return
    server = EmbeddedServer(settings.data_dir, settings.postgres_binaries)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def hold_database(settings: Settings) -> Iterator[str]:
    """Have a database for this while; give the address of the login that migrates."""
    with hold_server(settings):
        yield database_address(settings)


def load_ring(settings: Settings, address: str, *, accept: bool = False) -> KeyRing:
    """Return the key ring. A database that belongs to another one is refused, unless this one is to be accepted.

    Only a database that knows no ring yet gets a new one: a key file that is missing may only not be mounted.
    """
    expected = None if accept else find_expected_key(address)
    path = settings.keys_file
    if expected is not None and not path.exists():
        raise KeyRingMismatchError(f"Key file {path} is missing, and the database belongs to key {expected}. {WAY_ON}")
    keys = load_keys(path)
    if expected is not None and keys.oldest.id != expected:
        raise KeyRingMismatchError(
            f"Key file {path} begins with key {keys.oldest.id}, and the database belongs to key {expected}. {WAY_ON}"
        )
    return keys


def prepare_schema(settings: Settings, address: str, *, accept_keys: bool = False) -> tuple[str, ...]:
    """Bring the schema to this version, and the rules in it to what the settings say; return what was done, in words.

    Only commands that start or migrate the deployment do this: a command in another shell may lack its settings.
    """
    keys = load_ring(settings, address, accept=accept_keys)
    applied = migrate(address, keys)
    with act_as_owner(address) as owner:
        record_key(owner, keys.oldest.id)
        switched = loyalty.settle_uniqueness(owner, settings.unique_memberships)
    return (*applied, *switched)


def ensure_schema(settings: Settings) -> None:
    """Raise unless the schema is this version's; the embedded one, which is ours alone, is brought there."""
    address = database_address(settings)
    keys = load_ring(settings, address)
    if settings.database_url is None:
        if not is_current(address):
            migrate(address, keys)
    elif not is_current(app_address(address, keys)):
        raise SchemaOutdatedError(
            "The database is not set up for this version. Run `tessera migrate`, then start again."
        )


def database_address(settings: Settings) -> str:
    """Return the address of the login that migrates, where another process already holds the database."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return EmbeddedServer(settings.data_dir).address()


@asynccontextmanager
async def open_application(
    settings: Settings, *, application: str, pool_size: int = 10, statement_seconds: float = 0
) -> AsyncIterator[Application]:
    """Open everything that a process needs, and close it after use."""
    address = database_address(settings)
    keys = load_keys(settings.keys_file, make=False)
    database = Database(
        app_address(address, keys), pool_size=pool_size, application=application, statement_seconds=statement_seconds
    )
    opened = Application(Resources(settings, database, keys, JobQueue(database)), query_address(address, keys))
    try:
        yield opened
    finally:
        await opened.close()


def load_rooms() -> None:
    """Load every room now: a process that lives long does so before its first request or job."""
    import_all(*ROOMS)


async def work_jobs(application: Application) -> None:
    """Work off jobs until a signal says stop."""
    settings = application.resources.settings
    load_rooms()
    await work_in_background(
        application.resources.jobs,
        collect_work(application),
        slots={Queue.RUNS: settings.worker_concurrency, Queue.SHORT: SHORT_SLOTS, Queue.NOTICES: NOTICE_SLOTS},
        heartbeat=settings.job_heartbeat_seconds,
        stalled=settings.job_stalled_seconds,
    )


def collect_work(application: Application) -> tuple[BackgroundWork, ...]:
    """Return what each room does in a worker."""
    resources = application.resources
    return (
        job_queue_work(resources.jobs, days=resources.settings.job_days, clock=resources.clock),
        audit.background_work(resources),
        files.background_work(resources),
        events.background_work(resources),
        idempotency.background_work(resources),
        mail.background_work(resources),
        schedules.background_work(resources),
        access_sign_in.background_work(resources),
        notifications.background_work(resources, application.client),
        loyalty.background_work(resources),
        inbound.background_work(resources),
        exports.background_work(resources, application.engine, application.client, application.paces),
    )
