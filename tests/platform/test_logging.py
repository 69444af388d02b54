import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog
from pydantic import SecretStr

from tessera.platform.logging import TALKATIVE, configure_logging, mask_text
from tessera.platform.secrets import Secret
from tessera.platform.settings import load_settings


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def configure(log_format: Literal["text", "json"] = "json", level: str = "info") -> None:
    configure_logging(load_settings({}, log_format=log_format, log_level=level))


def read_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_both_kinds_of_logger_write_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.get_logger("house").info("run finished", rows=5)
    ours = read_line(capsys)
    logging.getLogger("house").info("run %s", "finished", extra={"rows": 5})
    theirs = read_line(capsys)
    assert ours.pop("timestamp").endswith("Z")
    assert theirs.pop("timestamp").endswith("Z")
    assert ours == theirs == {"event": "run finished", "level": "info", "logger": "house", "rows": 5}


def test_bound_request_is_on_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    structlog.contextvars.bind_contextvars(request_id="r-1")
    logging.getLogger("library").warning("slow")
    assert read_line(capsys)["request_id"] == "r-1"


def test_text_has_no_colours_away_from_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text")
    structlog.get_logger("house").error("run failed", rows=5)
    line = capsys.readouterr().err
    assert "\x1b" not in line
    assert "[error    ] run failed [house] rows=5" in line


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    "fields",
    [
        {"password": "hunter2"},
        {"Authorization": "hunter2"},
        {"access_token": "hunter2"},
        {"set-cookie": "hunter2"},
        {"value": Secret("hunter2")},
        {"value": SecretStr("hunter2")},
        {"headers": {"Cookie": "hunter2"}},
        {"items": [{"client_secret": "hunter2"}, Secret("hunter2")]},
    ],
)
def test_secret_fields_are_masked(
    capsys: pytest.CaptureFixture[str], log_format: Literal["text", "json"], fields: dict[str, Any]
) -> None:
    configure(log_format)
    structlog.get_logger("house").info("said", **fields)
    logging.getLogger("library").info("said", extra=fields)
    lines = capsys.readouterr().err
    assert "hunter2" not in lines
    assert lines.count("***") >= 2


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_credentials_in_tracebacks_are_masked(
    capsys: pytest.CaptureFixture[str], log_format: Literal["text", "json"]
) -> None:
    configure(log_format)
    address = "postgresql://app:hunter2@db.example/house"
    try:
        raise ValueError(address)
    except ValueError:
        logging.getLogger("library").exception("no connection to %s", address)
    line = capsys.readouterr().err
    assert "hunter2" not in line
    assert line.count("postgresql://app:***@db.example/house") >= 2


def test_values_of_variables_stay_out_of_tracebacks(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text")
    try:
        hidden = "hunter2"[::-1]
        raise ValueError(len(hidden))
    except ValueError:
        structlog.get_logger("house").exception("failed")
    assert "2retnuh" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("basic dXNlcjpwYXNzd29yZA==", "basic ***"),
        ("GET /x?access_token=abc&page=2", "GET /x?access_token=***&page=2"),
        ("redis://:hunter2@cache/0", "redis://:***@cache/0"),
        ("Basic Authentication is chosen", "Basic Authentication is chosen"),
        ("https://host:8080/path?mail=a@b.example", "https://host:8080/path?mail=a@b.example"),
        ("3 tokens left", "3 tokens left"),
    ],
)
def test_text_is_masked_where_it_tells(text: str, masked: str) -> None:
    assert mask_text(text) == masked


def test_level_and_talkative_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure(level="info")
    structlog.get_logger("house").debug("detail")
    logging.getLogger("procrastinate.worker").info("step")
    assert capsys.readouterr().err == ""
    logging.getLogger("procrastinate.worker").warning("trouble")
    assert read_line(capsys)["event"] == "trouble"


def test_warnings_become_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old way", stacklevel=1)
    assert "old way" in read_line(capsys)["event"]
