import copy
import json
import pickle
from dataclasses import asdict, dataclass

import msgspec
import pytest

from tessera.platform.secrets import Secret

SECRET = Secret("hunter2")


@dataclass(frozen=True)
class Holder:
    password: Secret


@pytest.mark.parametrize(
    "printed",
    [str(SECRET), repr(SECRET), f"{SECRET}", f"{SECRET!r:>20}", f"{SECRET:>9}", repr(Holder(SECRET))],
)
def test_prints_stars(printed: str) -> None:
    assert "***" in printed
    assert "hunter2" not in printed


def test_reveals_only_when_asked() -> None:
    assert SECRET.reveal() == "hunter2"
    assert not hasattr(SECRET, "__dict__")


def test_compares_by_text() -> None:
    assert Secret("pässwörd") == Secret("pässwörd")
    assert Secret("a") != Secret("b")
    assert SECRET != "hunter2"
    with pytest.raises(TypeError):
        hash(SECRET)


@pytest.mark.parametrize("leave", [json.dumps, msgspec.json.encode, msgspec.to_builtins, pickle.dumps, copy.deepcopy])
def test_does_not_leave_by_accident(leave) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError) as caught:
        leave(SECRET)
    assert "hunter2" not in str(caught.value)


def test_does_not_leave_inside_a_dataclass() -> None:
    for leave in (msgspec.json.encode, asdict):
        with pytest.raises(TypeError):
            leave(Holder(SECRET))
