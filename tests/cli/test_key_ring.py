"""A database belongs to one key ring: another one, or a missing file, is refused before anything is changed."""

from pathlib import Path

import pytest

from tessera.platform.secrets import load_keys
from tessera.platform.settings import Settings, load_settings
from tessera.wiring import KeyRingMismatchError, database_address, ensure_schema, hold_server, prepare_schema


def refusal(settings: Settings) -> str:
    """Return why nothing starts on this database, whoever asks."""
    with pytest.raises(KeyRingMismatchError) as prepared:
        prepare_schema(settings, database_address(settings))
    with pytest.raises(KeyRingMismatchError) as ensured:
        ensure_schema(settings)
    assert prepared.value.message == ensured.value.message
    return prepared.value.message


def test_key_file_that_is_gone_is_missed(new_folder: Path) -> None:
    settings = load_settings({}, data_dir=new_folder)
    with hold_server(settings):
        prepare_schema(settings, database_address(settings))
        path, first = settings.keys_file, load_keys(settings.keys_file).oldest.id
        kept = path.rename(path.with_name("kept"))

        said = refusal(settings)
        assert str(path) in said
        assert first in said
        assert "--accept-key-ring" in said
        assert not path.exists()

        other = load_keys(path).oldest.id
        said = refusal(settings)
        assert first in said
        assert other in said

        prepare_schema(settings, database_address(settings), accept_keys=True)
        ensure_schema(settings)
        kept.replace(path)
        assert other in refusal(settings)
