"""Log lines: structured, to standard error, as text for people or as JSON for machines. No secret may reach them."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from pydantic import SecretStr

from tessera.platform.secrets import MASK, Secret
from tessera.platform.settings import Settings

# A field with such a word in its name is masked, whatever was put into it.
SENSITIVE_WORDS = ("password", "secret", "token", "authorization", "cookie", "credential", "api_key")
# The same for running text and tracebacks: passwords in addresses, credentials in headers, `token=…` in queries.
TELLING_TEXTS = (
    (re.compile(r"(://[^\s:/@]*):[^\s/@]+@"), rf"\1:{MASK}@"),
    (re.compile(r"\b(bearer|basic) (?=[\w.~+/=-]*[\d=])[\w.~+/=-]{8,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\b(\w*(?:password|secret|token|api_key))=[^\s&\"',;]+", re.IGNORECASE), rf"\1={MASK}"),
)
# These say every step they take at level info.
TALKATIVE = ("procrastinate", "alembic", "_granian", "granian", "sqlglot", "asyncio")


def configure_logging(settings: Settings) -> None:
    """Send all log lines of this process, structlog's and the libraries', through one handler."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        MaskingFormatter(
            foreign_pre_chain=[*gather(), structlog.stdlib.ExtraAdder(), mask_fields],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *gather(),
            mask_fields,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def gather() -> list[structlog.typing.Processor]:
    """Return the steps that complete a line: what is bound to the request or job, level, name, moment."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def render(settings: Settings) -> list[structlog.typing.Processor]:
    """Return the steps that make a line of text."""
    if settings.log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    # Plain tracebacks: the rich ones print the values of variables, and a variable may hold a secret.
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain, pad_event_to=0)]


def mask_fields(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask fields that are secrets by type or by name."""
    for name, value in event.items():
        event[name] = masked(name, value)
    return event


def masked(name: str, value: object) -> object:
    """Return the value, or `***` where it is or may be a secret."""
    if isinstance(value, Secret | SecretStr) or any(word in name.lower() for word in SENSITIVE_WORDS):
        return MASK
    if isinstance(value, Mapping):
        return {key: masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [masked("", inner) for inner in value]
    return value


def mask_text(text: str) -> str:
    """Mask what looks like a credential in running text."""
    for pattern, replacement in TELLING_TEXTS:
        text = pattern.sub(replacement, text)
    return text


class MaskingFormatter(structlog.stdlib.ProcessorFormatter):
    """Masks the finished line once more: messages and tracebacks are texts from elsewhere."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without credentials."""
        return mask_text(super().format(record))
