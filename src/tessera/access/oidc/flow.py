"""The flow: to the provider with a state, a nonce and a challenge, and back with a code that becomes a person."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from joserfc.jwk import KeySet

from tessera.access.oidc.documents import Metadata, ask, fetch_json, fetch_keys, fetch_metadata
from tessera.access.oidc.errors import ProviderAnswerError, ProviderRefusedError, ProviderUnavailableError
from tessera.access.oidc.tokens import SKEW_SECONDS, Claims, Expected, UnknownSigningKeyError, claims_of, read_id_token
from tessera.platform.http import OutboundClient
from tessera.platform.secrets import KeyRing, SecretError
from tessera.platform.settings import Settings

CALLBACK = "/sign-in/provider/callback"
PURPOSE = "oidc-flow"
LIFE = timedelta(minutes=10)
KEPT = timedelta(hours=1)
AGAIN = "Go back to the sign-in page and start again."


class Purpose(StrEnum):
    """The purpose of a visit to the provider."""

    SIGN_IN = "sign-in"
    CONFIRM = "confirm"
    LINK = "link"


class Flow(msgspec.Struct, frozen=True):
    """What one browser keeps, sealed, while its user is at the provider."""

    purpose: Purpose
    state: str
    nonce: str
    verifier: str
    begun_at: datetime
    next: str = "/"
    session: str = ""

    def seal(self, keys: KeyRing) -> str:
        """Return it as only we can read it."""
        return keys.seal(msgspec.json.encode(self).decode(), PURPOSE)


def open_flow(keys: KeyRing, sealed: str, now: datetime) -> Flow:
    """Return what this browser kept; refuse what is not ours, or too old."""
    try:
        flow = msgspec.json.decode(keys.open(sealed, PURPOSE).reveal(), type=Flow)
    except (SecretError, msgspec.DecodeError, UnicodeError):
        raise ProviderRefusedError(f"This browser did not begin this sign-in. {AGAIN}") from None
    if now - flow.begun_at > LIFE:
        raise ProviderRefusedError(f"This sign-in took too long. {AGAIN}")
    return flow


def is_provider_on(settings: Settings) -> bool:
    """Say whether people sign in through an identity provider here."""
    return bool(settings.oidc_issuer and settings.oidc_client_id and settings.public_url)


class Provider:
    """The identity provider of this deployment, and what is known of it; a process needs one."""

    def __init__(self, settings: Settings, client: OutboundClient) -> None:
        self._settings = settings
        self._client = client
        self._issuer = settings.oidc_issuer or ""
        self._client_id = settings.oidc_client_id or ""
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None

    @property
    def callback(self) -> str:
        """Where the provider sends people back to."""
        return (self._settings.public_url or "").rstrip("/") + CALLBACK

    async def begin(self, purpose: Purpose, *, now: datetime, next: str = "/", session: str = "") -> tuple[str, Flow]:  # noqa: A002
        """Return the address to send the user to, and what their browser must bring back."""
        metadata = await self.discover(now)
        flow = Flow(
            purpose=purpose,
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            begun_at=now,
            next=next,
            session=session,
        )
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self.callback,
            "scope": " ".join(self._settings.oidc_scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        if purpose is Purpose.CONFIRM:
            asked |= {"prompt": "login", "max_age": "0"}
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(asked, quote_via=quote)}", flow

    async def finish(self, flow: Flow, answer: Mapping[str, str], *, now: datetime) -> Claims:
        """Return the person whom the provider sent back with this answer."""
        metadata = await self.discover(now)
        check_answer(metadata, flow, answer)
        tokens = await self.redeem(metadata, flow, answer["code"])
        claims = await self.verify(metadata, flow, str(tokens.get("id_token", "")), now=now)
        if claims.email is None:
            claims = await self.ask_for_email(metadata, claims, tokens.get("access_token"))
        if flow.purpose is Purpose.CONFIRM:
            check_freshness(flow, claims)
        return claims

    async def discover(self, now: datetime) -> Metadata:
        """Return the provider's addresses."""
        if self._metadata is None or now - self._metadata[1] > KEPT:
            self._metadata = (await fetch_metadata(self._client, self._issuer), now)
        return self._metadata[0]

    async def verify(self, metadata: Metadata, flow: Flow, token: str, *, now: datetime) -> Claims:
        """Return what the token says; with a key that we do not know, look whether the provider has new ones."""
        expected = Expected(metadata.issuer, self._client_id, flow.nonce, now)
        if self._keys is not None and now - self._keys[1] <= KEPT:
            try:
                return read_id_token(token, self._keys[0], expected)
            except UnknownSigningKeyError:
                pass
        self._keys = (await fetch_keys(self._client, metadata), now)
        try:
            return read_id_token(token, self._keys[0], expected)
        except UnknownSigningKeyError:
            raise ProviderAnswerError(
                "The identity provider signed with a key that it does not publish. Contact your administrator."
            ) from None

    async def redeem(self, metadata: Metadata, flow: Flow, code: str) -> dict[str, Any]:
        """Exchange the code for tokens."""
        secret = self._settings.oidc_client_secret
        headers = [("Content-Type", "application/x-www-form-urlencoded")]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.callback,
            "code_verifier": flow.verifier,
        }
        if secret is None:
            form["client_id"] = self._client_id
        elif metadata.posts_secret:
            form |= {"client_id": self._client_id, "client_secret": secret.get_secret_value()}
        else:
            headers.append(("Authorization", basic(self._client_id, secret.get_secret_value())))
        body = urlencode(form).encode()
        status, found = await ask(self._client, "POST", metadata.token_endpoint, headers=headers, body=body)
        if status >= 500:
            raise ProviderUnavailableError(f"The identity provider answers {status}. Try again later.")
        if status != 200 or not found.get("id_token"):
            raise ProviderRefusedError(f"The identity provider refuses this sign-in ({word_of(found)}). {AGAIN}")
        return found

    async def ask_for_email(self, metadata: Metadata, claims: Claims, access_token: object) -> Claims:
        """Ask the provider for what the token left out; what it says about another user is refused."""
        if metadata.userinfo_endpoint is None or not isinstance(access_token, str) or not access_token.isprintable():
            return claims
        headers = [("Authorization", f"Bearer {access_token}")]
        found = await fetch_json(self._client, "GET", metadata.userinfo_endpoint, headers=headers)
        if found.get("sub") != claims.subject:
            raise ProviderAnswerError(f"The identity provider mixed two people up. {AGAIN}")
        given = claims_of({**found, "iss": claims.issuer})
        return replace(claims, email=given.email, email_verified=given.email_verified, name=claims.name or given.name)


def check_answer(metadata: Metadata, flow: Flow, answer: Mapping[str, str]) -> None:
    """Refuse an answer to another browser's question, of another provider, or without a code."""
    if not hmac.compare_digest(answer.get("state", "").encode(), flow.state.encode()):
        raise ProviderRefusedError(f"This browser did not begin this sign-in. {AGAIN}")
    issuer = answer.get("iss")
    if (issuer is not None or metadata.names_issuer) and issuer != metadata.issuer:
        raise ProviderAnswerError(f"Another provider than ours answered. {AGAIN}")
    if not answer.get("code"):
        raise ProviderRefusedError(f"The identity provider refused the sign-in ({word_of(answer)}). {AGAIN}")


def check_freshness(flow: Flow, claims: Claims) -> None:
    """Refuse a confirmation for which the provider did not ask its user again."""
    earliest = flow.begun_at - timedelta(seconds=SKEW_SECONDS)
    if claims.authenticated_at is None or claims.authenticated_at < earliest:
        raise ProviderAnswerError(
            "The identity provider did not ask you to sign in again. Sign out there, and try again."
        )


def word_of(answer: Mapping[str, Any]) -> str:
    """Return the error's name, where it has the shape of one; anything else is free text."""
    word = str(answer.get("error", ""))
    return word if word and len(word) < 50 and word.replace("_", "").isalnum() and word.isascii() else "no reason given"


def challenge_of(verifier: str) -> str:
    """Return what the provider may know of the verifier before the code is redeemed."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def basic(client_id: str, secret: str) -> str:
    """Return the header by which we say who we are; each half is encoded as in a form first."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
