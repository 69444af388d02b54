"""Settings of a deployment: `TESSERA_*` variables, each also readable from the file named by `TESSERA_*_FILE`."""

import os
from collections.abc import Mapping
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from tessera.platform.errors import InvalidError

PREFIX = "TESSERA_"
Network = IPv4Network | IPv6Network
UniqueBy = Literal["account", "number", "provider-id"]
FactorNeed = Literal["optional", "password", "everybody"]
Span = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class SettingsError(InvalidError):
    """A setting that cannot be used; it stops the start."""

    code = "setting_invalid"


def parse_networks(value: object) -> object:
    """Read networks from text: `10.0.0.0/8, ::1` and the like."""
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


def parse_words(value: object) -> object:
    """Read words from text: `account, number` and the like."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def parse_scopes(value: object) -> object:
    """Read words with blanks or commas between, as providers' pages show them."""
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def default_data_dir() -> Path:
    """Return the platform's user data folder; for root a folder that the database's own user can enter."""
    return Path("/var/lib/tessera") if os.geteuid() == 0 else user_data_path("tessera")


class Settings(BaseSettings):
    """Every setting, its default and its meaning; `docs/reference/settings.md` is tested against this class."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data_dir: Path = Field(
        default_factory=default_data_dir, description="Folder of the embedded database, the keys and temporary files"
    )
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL to use instead of the embedded one: postgresql://user:password@host/name"
    )
    postgres_binaries: Path | None = Field(
        default=None, description="Folder of PostgreSQL's programs for the embedded database; default: those installed"
    )
    http_host: str = Field(default="127.0.0.1", description="Address that the web process listens on")
    http_port: int = Field(default=8080, ge=0, le=65535, description="Port of the web process; 0 picks a free one")
    web_processes: int = Field(default=1, ge=1, le=64, description="Web processes that `serve` and `up` start")
    public_url: str | None = Field(default=None, description="Address that people and partners use, https://…")
    allowed_networks: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(parse_networks)] = Field(
        default=(), description="Private networks that outbound calls may reach, as CIDRs with commas between"
    )
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(parse_networks)] = Field(
        default=(), description="Networks of your own proxies, whose X-Forwarded-For is believed, as CIDRs"
    )
    allow_insecure_http: bool = Field(default=False, description="Allow http:// targets beside https://")
    outbound_ca_file: Path | None = Field(default=None, description="More certificate authorities for outbound calls")
    connector_request_limit: int = Field(
        default=200, ge=0, description="Connector API requests per access token in 30 seconds; 0 is off"
    )
    connector_strict: bool = Field(default=False, description="Refuse what the Connector API's contract only tolerates")
    unique_memberships: Annotated[tuple[UniqueBy, ...], NoDecode, BeforeValidator(parse_words)] = Field(
        default=("account", "number", "provider-id"),
        description="What active memberships of a program may not share; carried out by `tessera migrate` and `up`;"
        " empty allows all doubles",
    )
    request_timeout_seconds: Span = Field(
        default=30, description="Longest time that one statement for a page or an API request may take"
    )
    body_timeout_seconds: Span = Field(
        default=30, description="Longest time that the body of a request may take to arrive"
    )
    secret_keys_file: Path | None = Field(
        default=None, description="Key ring for secrets; default: inside the data folder"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Form of log lines")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged")
    query_timeout_seconds: Span = Field(default=900, description="Longest time one query may run")
    query_preview_seconds: Span = Field(default=60, description="Longest time a preview or count of a query may take")
    query_row_limit: int = Field(default=10_000_000, ge=1, description="Most rows one query may give to an export")
    job_heartbeat_seconds: Span = Field(default=1, description="How often a worker says that it is alive")
    job_stalled_seconds: Span = Field(default=5, description="Silence after which a worker's jobs go to another")
    run_lease_seconds: Span = Field(default=5, description="How long a run stays with a worker that went silent")
    run_deadline_hours: Span = Field(default=12, description="Longest time one run may take")
    run_days: int = Field(default=400, ge=1, description="Days that an ended run is kept")
    request_log_days: int = Field(default=30, ge=1, description="Days that an ended run's rows and requests are kept")
    inbound_body_days: int = Field(
        default=7, ge=1, description="Days that the body of a message from mParticle is kept"
    )
    inbound_message_days: int = Field(
        default=90, ge=1, description="Days that a message from mParticle is known, so that it is not applied again"
    )
    audit_days: int = Field(
        default=1095, ge=30, description="Days that an entry of the audit log is kept; it goes with its quarter"
    )
    inbound_clock_days: int = Field(
        default=400, ge=1, description="Days without a message after which mParticle's order of changes is deleted"
    )
    deleted_record_days: int = Field(
        default=400, ge=1, description="Days after which deleted accounts and memberships lose all personal data"
    )
    notice_days: int = Field(
        default=90, ge=1, description="Days that a notice with its outcomes, and a mail that was sent, is kept"
    )
    job_days: int = Field(default=30, ge=1, description="Days that a job which failed for good is kept")
    event_days: int = Field(
        default=90, ge=1, description="Days that an event can be read in the feed; it goes with its month"
    )
    schedule_interval_minutes: int = Field(
        default=5, ge=1, le=1440, description="Least minutes between two moments of a schedule"
    )
    schedule_days: int = Field(
        default=90, ge=1, description="Days that it is kept what became of each moment of a schedule"
    )
    worker_concurrency: int = Field(default=4, ge=1, le=64, description="Jobs that one worker runs at once")
    session_hours: Span = Field(default=12, description="How long a sign-in lasts without use")
    fresh_minutes: Span = Field(
        default=15, description="How long after a sign-in secrets, users and roles change without confirming it again"
    )
    lockout_failures: int = Field(
        default=10, ge=0, description="Failed sign-ins in a row that lock an account for a while; 0 never locks"
    )
    lockout_minutes: Span = Field(default=15, description="How long the first lock-out lasts; each next one doubles it")
    second_factor: FactorNeed = Field(
        default="optional",
        description="Who must have a second factor: `optional` no one, `password` users who sign in with a password,"
        " `everybody` also users of the identity provider",
    )
    password_sign_in: bool = Field(
        default=True, description="Let users sign in with a password; off needs TESSERA_OIDC_ISSUER"
    )
    oidc_issuer: str | None = Field(
        default=None, validate_default=True, description="Identity provider to sign in with, https://…"
    )
    oidc_client_id: str | None = Field(
        default=None, validate_default=True, description="Name of Tessera at the identity provider"
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="Secret of Tessera at the identity provider; a public client has none"
    )
    oidc_scopes: Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_scopes)] = Field(
        default=("openid", "email", "profile"), description="What is asked of the identity provider"
    )
    oidc_label: str = Field(default="your organisation", description="What the sign-in page calls the provider")
    oidc_create_users: bool = Field(default=False, description="Create a user for everyone whom the provider signs in")
    oidc_permissions: Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_words)] = Field(
        default=(), description="Permissions of users made at their first sign-in, with commas between"
    )
    oidc_roles: Annotated[tuple[str, ...], NoDecode, BeforeValidator(parse_words)] = Field(
        default=(), description="Roles of users made at their first sign-in, by internal name, with commas between"
    )
    oidc_link_by_email: bool = Field(
        default=False, description="Let the provider in as the user with the same, verified e-mail address"
    )
    oidc_verified_email: bool = Field(
        default=True, description="Make users only of people whose e-mail address the provider has verified"
    )
    mail_host: str | None = Field(
        default=None, description="SMTP server that sends mail; without it mails wait in the outbox"
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="Port of the SMTP server")
    mail_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way to the SMTP server is protected: starttls, tls (465) or none"
    )
    mail_user: str | None = Field(default=None, description="User name at the SMTP server")
    mail_password: SecretStr | None = Field(default=None, description="Password at the SMTP server")
    mail_from: str | None = Field(
        default=None, validate_default=True, description="Address that mail comes from, `Tessera <tessera@example.com>`"
    )
    mail_timeout_seconds: Span = Field(default=30, description="Longest wait for an answer of the SMTP server")
    demo_password: SecretStr | None = Field(
        default=None, description="Password of the demo's first user; default: random"
    )

    @field_validator("mail_from")
    @classmethod
    def check_sender(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse a mail server without a sender, which every message needs."""
        if value is None and info.data.get("mail_host"):
            raise ValueError("TESSERA_MAIL_HOST is set, so this must be set too")
        if value is not None and ("@" not in value or not value.isprintable()):
            raise ValueError("this is not an address such as tessera@example.com")
        return value

    @field_validator("oidc_client_id")
    @classmethod
    def check_client(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse an identity provider that would not know who asks."""
        if value is None and info.data.get("oidc_issuer"):
            raise ValueError("TESSERA_OIDC_ISSUER is set, so this must be set too")
        return value

    @field_validator("oidc_scopes")
    @classmethod
    def check_scopes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse scopes that do not make it a sign-in."""
        if "openid" not in value:
            raise ValueError("the scope openid is missing, without which the provider names no user")
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def check_way_in(cls, value: str | None, info: ValidationInfo) -> str | None:
        """Refuse settings with which no user could ever sign in."""
        if not value and info.data.get("password_sign_in") is False:
            raise ValueError("TESSERA_PASSWORD_SIGN_IN is off, so set an identity provider, or no user can sign in")
        if value and not info.data.get("public_url"):
            raise ValueError("set TESSERA_PUBLIC_URL too: the provider sends people back there")
        return value

    @cached_property
    def keys_file(self) -> Path:
        """Where the key ring lies."""
        return self.secret_keys_file or self.data_dir / "keys" / "secret-keys.json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the parent's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment only: no `.env` file may change a server by lying in the wrong folder."""
        return (init_settings, env_settings)


def load_settings(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Return the settings of this process; a malformed one raises `SettingsError` naming the variable."""
    environment = os.environ if environment is None else environment
    files = read_files(environment)
    try:
        return Settings(**{**files, **given})  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError(explain(error)) from None


def read_files(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the values that `TESSERA_X_FILE` variables point to, for every setting that is not a file itself."""
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}_FILE"
        path = environment.get(variable)
        if not path or variable.removeprefix(PREFIX).lower() in Settings.model_fields:
            continue
        if f"{PREFIX}{name.upper()}" in environment:
            raise SettingsError(f"{variable} and {PREFIX}{name.upper()} are both set. Keep one of them.")
        try:
            values[name] = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SettingsError(f"{variable} names {path}, which cannot be read: {reason}. Correct the path.") from None
    return values


def explain(error: ValidationError) -> str:
    """Say in one line which variables are wrong and how; values stay out, because one may be a secret."""
    faults = []
    for fault in error.errors(include_input=False, include_url=False):
        variable = PREFIX + str(fault["loc"][0]).upper()
        faults.append(f"{variable}: {fault['msg'][:1].lower()}{fault['msg'][1:]}")
    return f"{'; '.join(faults)}. Correct the setting and start again."
