"""A deployment whose every word is listened to: what it keeps, says, shows and writes to its log."""

import base64
import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from tests.builders.canaries import Canaries
from tests.builders.house import SmallHouse
from tests.builders.receivers import Received, Receiver, Reply
from tests.web.conftest import Browser

from tessera.platform.ids import new_id
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings

# They belong to a test's own browser and receivers.
NOT_OURS = ("httpx", "httpcore", "aiosmtpd", "mail.log")
MADE = range(200, 300)


@dataclass
class Ear:
    """Everything that was kept, said or shown, by where."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    def hear(self, where: str, text: str) -> None:
        self.heard.append((where, text))

    def find(self, canaries: Canaries) -> list[str]:
        return [f"{where}: {leak}" for where, text in self.heard for leak in canaries.find(text)]


@dataclass
class Echo:
    """A receiver that gives back all it was sent, in headers, body and error; tokens it may give."""

    canaries: Canaries
    status: int = 401
    gives_tokens: bool = False

    def __call__(self, request: Received) -> Reply:
        if self.gives_tokens and b"grant_type" in request.body:
            token = self.canaries.draw_plain("token of an OAuth server")
            return Reply(body=json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 600}).encode())
        credentials = request.headers.get("authorization", "").partition(" ")[2]
        known = {**request.headers, "opened": open_pair(credentials), "form": request.body.decode("latin-1")}
        errors = [{"index": 0, "message": f"refused {known}"}]
        headers = {f"X-Echo-{number}": value for number, value in enumerate(request.headers.values())}
        return Reply(self.status, headers, json.dumps({**known, "errors": errors, "error": str(known)}).encode())


def open_pair(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


@dataclass
class Cage:
    """One deployment, whoever asks it, and everything that came out."""

    house: SmallHouse
    app: Any
    browser: Browser
    key: str
    ids: dict[str, str]
    canaries: Canaries
    ear: Ear
    receiver: Receiver
    echo: Echo
    admin_address: str

    @property
    def chain_id(self) -> str:
        return self.ids["chain_id"]

    async def call(self, method: str, path: str, /, *, once: bool = False, **body: Any) -> Any:
        """Ask the API; what hands a made key over is asked `once`, and again to see the kept answer."""
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(new_id())}
        sent = {"headers": headers, "json": body} if body or method != "GET" else {"headers": headers}
        answer = await self.browser.client.request(method, f"/api/v1{path}", **sent)
        if once:
            again = await self.browser.client.request(method, f"/api/v1{path}", **sent)
            assert (answer.status_code in MADE, again.text) == (True, answer.text), answer.text
        else:
            self.ear.hear(f"{method} {path}", f"{answer.headers}\n{answer.text}")
        return answer

    async def make(self, path: str, /, *, once: bool = False, **body: Any) -> Any:
        answer = await self.call("POST", path, once=once, **body)
        assert answer.status_code in MADE, (path, answer.text)
        return answer.json()

    async def look(self, path: str) -> str:
        answer = await self.browser.get(path)
        self.ear.hear(f"page {path}", f"{answer.headers}\n{answer.text}")
        return str(answer.text)

    async def send(self, path: str, **fields: str) -> Any:
        answer = await self.browser.post(path, csrf_token=await self.browser.token("/account"), **fields)
        self.ear.hear(f"form {path}", f"{answer.headers}\n{answer.text}")
        return answer

    def dump(self) -> None:
        """Hear the whole database."""
        for table, text in dump_tables(self.admin_address):
            self.ear.hear(f"table {table}", text)


def dump_tables(address: str) -> Iterator[tuple[str, str]]:
    """Yield every table, the queue's too, with its rows as text."""
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            statement = SQL("COPY (SELECT * FROM {}.{}) TO STDOUT").format(Identifier(schema), Identifier(table))
            with connection.cursor().copy(statement) as copy:
                yield table, b"".join(bytes(block) for block in copy).decode()


@contextmanager
def listen_to_logs(settings: Settings, ear: Ear) -> Iterator[None]:
    """Hear what a process at level debug writes to its log."""
    root, said = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging(settings)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(said)
    levels = {name: logging.getLogger(name).level for name in NOT_OURS}
    for name in NOT_OURS:
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.handlers, root.level = handlers, level
        logging.captureWarnings(capture=False)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        ear.hear("log", said.getvalue())
