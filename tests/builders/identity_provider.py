"""An identity provider over real HTTP, as the standard has it; and every way in which it may misbehave."""

import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.builders.receivers import Received, Reply, run_receiver

from tessera.platform.clock import now

CLIENT, SECRET = "tessera", "s3cret/with:odd chars"
REDIRECT = "http://tessera.test/sign-in/provider/callback"
WELL_KNOWN = "/.well-known/openid-configuration"


# Making RSA keys takes long; three in turn are different enough.
KEYS = cycle([RSAKey.generate_key(2048) for _ in range(3)])


@dataclass
class Person:
    """Who sits in front of the provider's page."""

    subject: str = "ada-1815"
    claims: dict[str, Any] = field(
        default_factory=lambda: {"email": "ada@example.com", "email_verified": True, "name": "Ada Lovelace"}
    )


@dataclass
class IdentityProvider:
    """The provider. `bend` changes the claims of its next tokens; the other switches say what they spoil."""

    issuer: str = ""
    person: Person = field(default_factory=Person)
    algorithm: str = "RS256"
    bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    refuse: str = ""
    token_status: int = 200
    methods: list[str] | None = None
    claims_in_token: bool = True
    userinfo_subject: str | None = None
    auth_time: float | None = None
    forge: str = ""
    documents: dict[str, Reply] = field(default_factory=dict)
    asked: list[Received] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, Person] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys: list[Any] = []
        self.rotate()

    def rotate(self) -> None:
        """Sign with new keys from now on, and publish only those."""
        name = secrets.token_hex(4)
        self.keys = [
            RSAKey.import_key(next(KEYS).as_dict(private=True), {"kid": f"rsa-{name}", "use": "sig"}),
            ECKey.generate_key("P-256", {"kid": f"ec-{name}", "use": "sig"}),
        ]

    def settings(self, **given: Any) -> dict[str, Any]:
        """Return the settings of a deployment that signs in here."""
        return {
            "public_url": "http://tessera.test",
            "oidc_issuer": self.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
            "oidc_label": "Example Login",
        } | given

    def answer(self, request: Received) -> Reply:
        """Answer as the standard says, unless something is spoiled."""
        self.asked.append(request)
        path = urlsplit(request.path).path
        if path in self.documents:
            return self.documents[path]
        pages = {
            WELL_KNOWN: self.describe,
            "/jwks": self.publish,
            "/authorize": self.authorize,
            "/token": self.redeem,
            "/userinfo": self.tell,
        }
        return pages[path](request) if path in pages else Reply(404)

    def describe(self, _: Received) -> Reply:
        found: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
        }
        if self.methods is not None:
            found["token_endpoint_auth_methods_supported"] = self.methods
        return as_json(found)

    def publish(self, _: Received) -> Reply:
        return as_json({"keys": [key.as_dict(private=False) for key in self.keys]})

    def authorize(self, request: Received) -> Reply:
        """Let the person in, or not, and send them back."""
        asked = dict(parse_qsl(urlsplit(request.path).query, strict_parsing=True))
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == REDIRECT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        back = {"state": asked["state"], "iss": self.issuer}
        if self.refuse:
            back |= {"error": self.refuse, "error_description": "<script>alert(1)</script>"}
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back["code"] = code
        return Reply(302, {"location": f"{REDIRECT}?{urlencode(back)}"})

    def redeem(self, request: Received) -> Reply:
        """Give tokens for a code, once, to the client that asked for it and knows the verifier."""
        sent = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if self.token_status != 200:
            return as_json({"error": "server_error"}, self.token_status)
        asked = self.codes.pop(sent.get("code", ""), None)
        if not self.is_client(request, sent):
            return as_json({"error": "invalid_client"}, 401)
        verified = base64.urlsafe_b64encode(hashlib.sha256(sent.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or verified.decode().rstrip("=") != asked["code_challenge"]
            or sent["redirect_uri"] != REDIRECT
        ):
            return as_json({"error": "invalid_grant"}, 400)
        access = secrets.token_urlsafe(16)
        self.tokens[access] = self.person
        return as_json({"access_token": access, "token_type": "Bearer", "id_token": self.make_token(asked)})

    def is_client(self, request: Received, sent: dict[str, str]) -> bool:
        if self.methods == ["client_secret_post"]:
            return (sent.get("client_id"), sent.get("client_secret")) == (CLIENT, SECRET)
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(pair).decode().partition(":")
        return (kind, unquote(name), unquote(secret)) == ("Basic", CLIENT, SECRET)

    def make_token(self, asked: dict[str, str]) -> str:
        moment = int(now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.person.subject,
            "aud": CLIENT,
            "exp": moment + 300,
            "iat": moment,
            "nonce": asked["nonce"],
        }
        if "max_age" in asked or self.auth_time is not None:
            claims["auth_time"] = int(moment if self.auth_time is None else self.auth_time)
        if self.claims_in_token:
            claims |= self.person.claims
        claims = self.bend(claims)
        return self.sign({name: value for name, value in claims.items() if value is not None})

    def sign(self, claims: dict[str, Any]) -> str:
        key = next(key for key in self.keys if key.key_type == ("EC" if self.algorithm == "ES256" else "RSA"))
        if self.forge == "none":
            return f"{encode({'alg': 'none'})}.{encode(claims)}."
        if self.forge == "hmac":
            body = f"{encode({'alg': 'HS256', 'kid': key.kid})}.{encode(claims)}"
            mac = hashlib.sha256(SECRET.encode() + body.encode()).digest()
            return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
        if self.forge == "stranger":
            key = RSAKey.import_key(next(KEYS).as_dict(private=True), {"kid": key.kid})
        token = jwt.encode({"alg": self.algorithm, "kid": key.kid}, claims, key, algorithms=["RS256", "ES256"])
        return f"{token[:-6]}AAAAAA" if self.forge == "signature" else token

    def tell(self, request: Received) -> Reply:
        person = self.tokens[request.headers["authorization"].removeprefix("Bearer ")]
        return as_json({"sub": self.userinfo_subject or person.subject, **person.claims})


def as_json(value: dict[str, Any], status: int = 200) -> Reply:
    return Reply(status, body=json.dumps(value).encode())


def encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@asynccontextmanager
async def run_provider() -> AsyncIterator[IdentityProvider]:
    """Run a provider on a free port for the length of the block."""
    provider = IdentityProvider()
    async with run_receiver(provider.answer) as receiver:
        provider.issuer = receiver.url
        yield provider
