"""What every door and job needs, made once per process."""

from dataclasses import dataclass

from tessera.platform.clock import Clock, now
from tessera.platform.db import Database
from tessera.platform.jobs import JobQueue
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import Settings


@dataclass(frozen=True, slots=True)
class Resources:
    """The parts that live as long as the process."""

    settings: Settings
    database: Database
    keys: KeyRing
    jobs: JobQueue
    clock: Clock = now
