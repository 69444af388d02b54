"""Confirming who it is: what changes secrets, users or roles needs a recent sign-in, or a password and code again.

The page that asks carries the typed fields and files along, in hidden fields of a page that no cache keeps, and sends
the very same request once more. Nothing of it goes into an address, a log or the database.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from litestar.datastructures import FormMultiDict, UploadFile

from tessera.access.oidc import is_provider_on
from tessera.access.sign_in import SignInDelayedError, confirm
from tessera.access.users import UserSession
from tessera.platform.errors import DeniedError, InvalidError
from tessera.platform.resources import Resources
from tessera.platform.settings import Settings
from tessera.web.visitors import AnyRequest, check_token, find_signed_in, visitor_of

PREFIX = "tessera_confirm_"
PASSWORD, CODE, ASKED, FILE = (f"{PREFIX}{name}" for name in ("password", "code", "asked", "file"))
# A page that carries more would be slow to show and to send; the request itself may be ten megabytes.
MOST_CARRIED = 5 * 1024 * 1024
WRONG = "That does not fit. Check it and try again."
NOT_YET = "The identity provider has not confirmed it yet. Follow the link first, then go on here."

Fresh = bool | Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Carried:
    """A request that waits: where it goes, its fields in order, and its files as text."""

    action: str
    fields: list[tuple[str, str]]
    files: list[str]


@dataclass(frozen=True, slots=True)
class Ways:
    """How a user can prove anew who they are."""

    password: bool
    code: bool
    provider: bool


class ConfirmationNeededError(DeniedError):
    """The last sign-in is too long ago for what this request changes."""

    code = "confirmation_needed"

    def __init__(self, carried: Carried, signed_in: UserSession, ways: Ways, fault: str | None = None) -> None:
        super().__init__("Confirm that it is you: the last sign-in in this browser is too long ago.")
        self.carried = carried
        self.signed_in = signed_in
        self.ways = ways
        self.fault = fault


class FilesTooLargeError(InvalidError):
    """Files are too large to be carried over the question who it is."""

    code = "files_too_large_to_confirm"


def ways_of(signed_in: UserSession, settings: Settings) -> Ways:
    """Return how this user can prove who they are; a code alone does where there is nothing better."""
    password = signed_in.has_password and settings.password_sign_in
    provider = signed_in.has_identity and is_provider_on(settings)
    return Ways(password, signed_in.has_factor and (password or not provider), provider)


def is_fresh(signed_in: UserSession, settings: Settings, now: datetime) -> bool:
    """Say whether this browser has proved who uses it a short while ago."""
    return now - signed_in.authenticated_at <= timedelta(minutes=settings.fresh_minutes)


async def require_fresh(request: AnyRequest, signed_in: UserSession, resources: Resources, now: datetime) -> None:
    """Raise where the page asks for a recent sign-in, and there was none."""
    declared: Fresh = request.route_handler.opt.get("fresh", False)
    if not declared or request.method != "POST" or is_fresh(signed_in, resources.settings, now):
        return
    sent = await request.form()
    plain = {name: value for name, value in sent.items() if isinstance(value, str)}
    if callable(declared) and not declared(plain):
        return
    fault = NOT_YET if request.scope.get(ASKED) else None
    raise await asking(request, signed_in, resources.settings, fault)


async def settle_confirmation(request: AnyRequest, resources: Resources) -> None:
    """Take the answer to our question out of the form, and believe it if it is right.

    In a transaction of its own, before the page's: a wrong answer must be counted although the page is refused.
    """
    if not request.route_handler.opt.get("fresh") or request.method != "POST":
        return
    sent = await request.form()
    if ASKED not in sent:
        return
    password, code = str(sent.get(PASSWORD, "")), str(sent.get(CODE, ""))
    put_back(request, sent)
    request.scope[ASKED] = True  # type: ignore[literal-required]
    if not password and not code:
        return
    fault: str | None = None
    async with resources.database.session() as session:
        now = resources.clock()
        signed_in = await find_signed_in(request, resources, session, now)
        if signed_in is None:
            return
        await check_token(request, signed_in)
        visitor = visitor_of(request, resources.settings)
        try:
            ways = ways_of(signed_in, resources.settings)
            proofs = {"password": password if ways.password else None, "code": code if ways.code else None}
            if not await confirm(session, resources, visitor, signed_in, **proofs, now=now):
                fault = WRONG
        except SignInDelayedError as error:
            fault = error.message
    if fault:
        raise await asking(request, signed_in, resources.settings, fault)


async def asking(
    request: AnyRequest, signed_in: UserSession, settings: Settings, fault: str | None
) -> ConfirmationNeededError:
    """Return the question, with all that was sent."""
    request.scope["user"] = signed_in
    return ConfirmationNeededError(await carry(request, signed_in), signed_in, ways_of(signed_in, settings), fault)


async def carry(request: AnyRequest, signed_in: UserSession) -> Carried:
    """Pack a request so that a page can send it again."""
    sent = await request.form()
    fields = [("csrf_token", signed_in.csrf_token)]
    files: list[str] = []
    size = 0
    for name, value in sent.items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.seek(0)
            size += len(content)
            if size > MOST_CARRIED:
                raise FilesTooLargeError(
                    "Confirm that it is you first: sign out and in, then send this form again. Its files are too large"
                    " to wait meanwhile."
                )
            files.append(pack_file(name, value, content))
        elif name != "csrf_token" and isinstance(value, str):
            fields.append((name, value))
    query = f"?{request.url.query}" if request.url.query else ""
    return Carried(f"{request.url.path}{query}", fields, files)


def pack_file(name: str, file: UploadFile, content: bytes) -> str:
    """Return a file as one text."""
    return json.dumps([name, file.filename, file.content_type, base64.b64encode(content).decode()])


def unpack_file(text: str) -> tuple[str, UploadFile] | None:
    """Return the file of such a text, None where somebody else wrote it."""
    try:
        name, filename, content_type, content = json.loads(text)
        decoded = base64.b64decode(content, validate=True)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if not all(isinstance(each, str) for each in (name, filename, content_type)):
        return None
    return name, UploadFile(content_type, filename, decoded)


def put_back(request: AnyRequest, sent: FormMultiDict) -> None:
    """Make the form what it was before our question: files are files again, and our own fields are gone."""
    items: list[tuple[str, object]] = []
    for name, value in sent.items():
        if name == FILE:
            file = unpack_file(str(value))
            if file is not None:
                items.append(file)
        elif not name.startswith(PREFIX):
            items.append((name, value))
    request._form = form = FormMultiDict(items)
    # The framework closes the files that it finds here.
    request._connection_state.form = form.dict()  # type: ignore[assignment]
