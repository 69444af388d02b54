"""No exception of pyreqwest gets past the translation."""

import inspect

import pytest
from pyreqwest import exceptions

from tessera.platform.http import CallError, NotSentError, OutcomeUnknownError
from tessera.platform.http.translation import TRANSLATIONS, translate

FOREIGN = [
    found
    for _, found in inspect.getmembers(exceptions, inspect.isclass)
    if issubclass(found, exceptions.PyreqwestError)
]


def test_every_foreign_class_has_a_translation() -> None:
    assert set(FOREIGN) == set(TRANSLATIONS)
    assert len(FOREIGN) >= 21


def make(kind: type[exceptions.PyreqwestError], *causes: str) -> exceptions.PyreqwestError:
    details = {"causes": [{"message": cause} for cause in causes], "status": 500, "doc": "", "pos": 0}
    bare = kind is exceptions.PyreqwestError
    return kind("failed for url (https://h/?token=hunter2)") if bare else kind("failed", details)


@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_message_holds_the_url(foreign: type[exceptions.PyreqwestError]) -> None:
    for causes in ((), ("error sending request for url (https://h/?token=hunter2)",)):
        error = translate(make(foreign, *causes), "receiver.example")
        assert isinstance(error, CallError)
        assert "receiver.example" in error.message
        assert "hunter2" not in error.message


@pytest.mark.parametrize("foreign", [exceptions.ConnectError, exceptions.ConnectTimeoutError])
def test_names_of_classes_do_not_decide(foreign: type[exceptions.PyreqwestError]) -> None:
    after = translate(make(foreign, "outer", "client error (SendRequest)", "Connection reset by peer"), "h")
    before = translate(make(foreign, "outer", "client error (Connect)", "Connection reset by peer"), "h")
    assert isinstance(after, OutcomeUnknownError)
    assert isinstance(before, NotSentError)
