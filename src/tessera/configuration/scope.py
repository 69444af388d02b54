"""What configuration is applied to, by whom, and with what."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from tessera.configuration.errors import SecretMissingError
from tessera.configuration.shapes import KEPT, Secret
from tessera.connectors import AddressPolicy, address_policy
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.queries import QueryEngine

ReadSecret = Callable[[Secret], str | None]


@dataclass(frozen=True, slots=True)
class Scope:
    """One chain, one transaction, one actor. `read_secret` returns None for a secret that is kept."""

    session: Session
    actor: Actor
    chain_id: UUID
    keys: KeyRing
    policy: AddressPolicy
    engine: QueryEngine
    read_secret: ReadSecret
    now: datetime
    resources: Resources


def make_scope(session: Session, actor: Actor, chain_id: UUID, resources: Resources, engine: QueryEngine) -> Scope:
    """Return the scope whose secrets come from this process's environment and files."""
    policy = address_policy(resources.settings)
    secrets, now = secret_reader(os.environ), resources.clock()
    return Scope(session, actor, chain_id, resources.keys, policy, engine, secrets, now, resources)


def secret_reader(environment: Mapping[str, str]) -> ReadSecret:
    """Return what finds a secret where its source says."""

    def read_secret(source: Secret) -> str | None:
        if isinstance(source, str):
            assert source == KEPT
            return None
        if (source.env is None) == (source.file is None):
            raise SecretMissingError('A secret comes from one place: {"env": NAME} or {"file": PATH}.')
        if source.env is not None:
            if not environment.get(source.env):
                raise SecretMissingError(f"The environment variable {source.env} is empty. Set it where this runs.")
            return environment[source.env]
        return read_secret_file(Path(str(source.file)))

    return read_secret


def read_secret_file(path: Path) -> str:
    """Return a secret file's text without the line break at its end."""
    if "\0" in str(path):
        raise SecretMissingError("The path of a secret file holds code zero. Correct the path.")
    try:
        text = path.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SecretMissingError(f"The secret file {path} cannot be read: {reason}. Correct the path.") from None
    if not text:
        raise SecretMissingError(f"The secret file {path} is empty. Put the secret into it.")
    return text
