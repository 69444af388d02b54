from ipaddress import ip_network
from pathlib import Path

import pytest

from tessera.platform.settings import Settings, SettingsError, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TESSERA_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TESSERA_HTTP_PORT", "eighty"),
        ("TESSERA_HTTP_PORT", "65536"),
        ("TESSERA_HTTP_PORT", ""),
        ("TESSERA_WEB_PROCESSES", "0"),
        ("TESSERA_ALLOWED_NETWORKS", "10.0.0.0/8,hunter2"),
        ("TESSERA_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("TESSERA_ALLOW_INSECURE_HTTP", "perhaps"),
        ("TESSERA_CONNECTOR_REQUEST_LIMIT", "-1"),
        ("TESSERA_LOG_FORMAT", "xml"),
        ("TESSERA_LOG_LEVEL", "loud"),
        ("TESSERA_QUERY_TIMEOUT_SECONDS", "0"),
        ("TESSERA_RUN_LEASE_SECONDS", "nan"),
    ],
)
def test_bad_value_names_its_variable_in_one_line(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert "Correct the setting" in str(caught.value)


def test_every_bad_value_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_HTTP_PORT", "x")
    monkeypatch.setenv("TESSERA_LOG_LEVEL", "x")
    with pytest.raises(SettingsError, match=r"TESSERA_HTTP_PORT.*TESSERA_LOG_LEVEL"):
        load_settings()


def test_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://a:hunter2@h/d\n")
    settings = load_settings({"TESSERA_DATABASE_URL_FILE": str(tmp_path / "url")})
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://a:hunter2@h/d"
    assert "hunter2" not in repr(settings)


def test_value_and_file_exclude_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_DATABASE_URL", "postgresql://a:hunter2@h/d")
    monkeypatch.setenv("TESSERA_DATABASE_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(
        SettingsError, match="TESSERA_DATABASE_URL_FILE and TESSERA_DATABASE_URL are both set"
    ) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_unreadable_file_names_its_variable(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "url").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^TESSERA_DATABASE_URL_FILE names .*url, which cannot be read"):
        load_settings({"TESSERA_DATABASE_URL_FILE": str(tmp_path / "url")})


def test_bad_value_from_a_file_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("eighty")
    with pytest.raises(SettingsError, match="TESSERA_HTTP_PORT"):
        load_settings({"TESSERA_HTTP_PORT_FILE": str(tmp_path / "port")})


def test_settings_that_are_files_keep_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_SECRET_KEYS_FILE", str(tmp_path / "keys.json"))
    assert load_settings().keys_file == tmp_path / "keys.json"


def test_key_ring_lies_in_the_data_folder(tmp_path: Path) -> None:
    assert load_settings({}, data_dir=tmp_path).keys_file == tmp_path / "keys" / "secret-keys.json"


def test_networks_are_read_with_commas_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESSERA_ALLOWED_NETWORKS", " 10.0.0.0/8, ::1 ,")
    assert load_settings().allowed_networks == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def test_no_dotenv_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("TESSERA_HTTP_PORT=1\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().http_port == 8080


def test_every_setting_says_what_it_means() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
