"""Running the Connector API as written the usual way, on the same database, with tokens of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import psycopg
from psycopg.conninfo import conninfo_to_dict

from benchmarks.house import Place, Server, running_server
from benchmarks.peers.environment import ENVIRONMENT, PEERS
from benchmarks.receiver import HOST
from benchmarks.records import Chain
from tessera.cli.ports import find_port
from tessera.platform.db.roles import app_address
from tessera.platform.secrets import load_keys

# The same rows once more under other digests: the peer hashes tokens without our key.
COPY_TOKENS = """
WITH client AS (
  INSERT INTO tessera.client_tokens (id, digest, label, created_at)
  SELECT gen_random_uuid(), %(client)s, 'peer', now() RETURNING id
), access AS (
  INSERT INTO tessera.access_tokens (id, client_token_id, digest, label, portfolio, permissions, created_at)
  SELECT gen_random_uuid(), client.id, %(access)s, 'peer', false, ARRAY['members:write', 'programs:write'], now()
    FROM client RETURNING id
)
INSERT INTO tessera.access_token_enterprises (access_token_id, chain_id, enterprise_id, linked_at)
SELECT access.id, e.chain_id, e.id, now() FROM access, tessera.enterprises AS e WHERE e.chain_id = %(chain_id)s
"""


def give_tokens(database: str, chain: Chain) -> Chain:
    """Make tokens that the peer knows; return the chain as it is opened with them."""
    client, access = "peer-client", "peer-access"
    values = {
        "client": sha256(client.encode()).digest(),
        "access": sha256(access.encode()).digest(),
        "chain_id": chain.id,
    }
    with psycopg.connect(database) as connection:
        connection.execute(COPY_TOKENS.encode(), values)
    return replace(chain, client_token=client, access_tokens=[access])


@contextmanager
def running_peer(place: Place, *, processes: int) -> Iterator[Server]:
    """Run the peer as the same login that our own web processes have."""
    _, port = find_port(HOST, 0)
    login = conninfo_to_dict(app_address(place.database, load_keys(place.settings.keys_file)))
    names = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
        **{variable: str(login[name]) for name, variable in names.items()},
    }
    command = [
        *(str(ENVIRONMENT / "bin" / "python"), str(PEERS / "fastapi_connector.py")),
        *("--port", str(port), "--workers", str(processes)),
    ]
    with running_server(command, port=port, processes=processes, environment=environment, health="/healthz") as server:
        yield server
