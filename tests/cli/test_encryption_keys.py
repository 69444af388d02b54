"""`tessera encryption-key`, and a profile that signs in with one."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.builders.key_files import PASSPHRASE, ssh_key
from typer.testing import Result

Tessera = Callable[..., Result]


def test_key_is_saved_used_and_deleted(tessera: Tessera, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(ssh_key("rsa", "RFC4716", PASSPHRASE))
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    assert tessera("chain", "create", "Harbour Hotels").exit_code == 0
    create = ("encryption-key", "create", "Harbour login", "--file", str(tmp_path / "key"))

    wrong = tessera(*create, "--passphrase-file", "-", input="wrong\n")
    made = tessera(*create, "--passphrase-file", str(tmp_path / "passphrase"), "--json")
    settings = ["host=sftp.example.com", "username=u", "auth_type=public_key", "private_key=harbour_login"]
    given = [part for setting in settings for part in ("--set", setting)]
    profile = tessera("profile", "create", "Partner", "--type", "sftp", "--variant", "standard", *given)
    refused = tessera("encryption-key", "delete", "harbour_login")
    listed = tessera("encryption-key", "list")
    shown = tessera("encryption-key", "show", "harbour_login")

    assert wrong.exit_code != 0
    assert json.loads(made.stdout)["algorithm"] == "RSA 2048"
    assert profile.exit_code == 0, profile.output
    assert refused.exit_code != 0
    assert "SHA256:" in listed.stdout
    assert "Passphrase" in shown.stdout
    for result in (made, listed, shown, refused, profile):
        assert PASSPHRASE not in result.output
        assert "PRIVATE KEY-" not in result.output


def test_key_that_nothing_uses_is_deleted(tessera: Tessera, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(ssh_key())
    tessera("chain", "create", "Harbour Hotels")
    tessera("encryption-key", "create", "Login", "--file", str(tmp_path / "key"))

    assert tessera("encryption-key", "delete", "login").stdout == "Deleted the encryption key login.\n"
    assert "No encryption key yet" in tessera("encryption-key", "list").stdout
