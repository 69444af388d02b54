"""ID tokens: who a user is, signed by the provider. Pure: key set, client and moment are given."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from tessera.access.oidc.errors import ProviderAnswerError

# Signed with the provider's private key. Never `none`, and never HS256: our own secret would make tokens then.
RSA_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
EC_ALGORITHMS = ("ES256", "ES384", "ES512")
ALGORITHMS = (*RSA_ALGORITHMS, *EC_ALGORITHMS)
SKEW_SECONDS = 120
# A token made long ago was not made for this sign-in.
OLDEST_SECONDS = 3600
LONGEST_SUBJECT = 255


class UnknownSigningKeyError(Exception):
    """No key of the set fits the token: the provider may have new ones."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token, or the provider's page about its user, says."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    authenticated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say to be meant for us, here and now."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime


def read_id_token(token: str, keys: KeySet, expected: Expected) -> Claims:
    """Return what the token says if it is the provider's own, for us, for this sign-in, and of this hour."""
    try:
        decoded = jwt.decode(token, lambda guest: choose_key(keys, guest.headers()), algorithms=ALGORITHMS)
    except (JoseError, ValueError) as error:
        raise ProviderAnswerError(
            f"The identity provider's token cannot be believed ({type(error).__name__}). Sign in again."
        ) from None
    check_claims(decoded.claims, expected)
    return claims_of(decoded.claims)


def choose_key(keys: KeySet, header: Mapping[str, Any]) -> RSAKey | ECKey:
    """Return the one key that the token says it was signed with."""
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise ValueError("algorithm")
    kind = RSAKey if algorithm in RSA_ALGORITHMS else ECKey
    fitting = [
        key
        for key in keys.keys
        if isinstance(key, kind)
        and key.as_dict(private=False).get("use", "sig") == "sig"
        and key.as_dict(private=False).get("alg", algorithm) == algorithm
        and (name is None or key.kid == name)
    ]
    if len(fitting) != 1:
        raise UnknownSigningKeyError
    return fitting[0]


def check_claims(claims: Mapping[str, Any], expected: Expected) -> None:
    """Refuse a token that another issuer made, that is for another client or sign-in, or not of now."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    now = expected.now.timestamp()
    nonce = claims.get("nonce")
    faults = {
        "iss": claims.get("iss") != expected.issuer,
        "sub": text_of(claims.get("sub"), LONGEST_SUBJECT) is None,
        "aud": expected.client_id not in audiences,
        "azp": party != expected.client_id if party is not None else len(audiences) > 1,
        "exp": not is_moment(claims.get("exp")) or claims["exp"] <= now - SKEW_SECONDS,
        "iat": not is_moment(claims.get("iat"))
        or not now - OLDEST_SECONDS - SKEW_SECONDS <= claims["iat"] <= now + SKEW_SECONDS,
        "nbf": "nbf" in claims and not (is_moment(claims["nbf"]) and claims["nbf"] <= now + SKEW_SECONDS),
        "nonce": not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()),
    }
    wrong = [name for name, is_wrong in faults.items() if is_wrong]
    if wrong:
        raise ProviderAnswerError(
            f"The identity provider's token is not meant for this sign-in ({', '.join(wrong)}). Sign in again; if it"
            " stays, contact your administrator."
        )


def claims_of(claims: Mapping[str, Any]) -> Claims:
    """Return the claims we use; what is of no use counts as not said."""
    moment = claims.get("auth_time")
    return Claims(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        email=text_of(claims.get("email"), 254),
        # Some providers write it as a text.
        email_verified=claims.get("email_verified") in (True, "true"),
        name=text_of(claims.get("name"), 255),
        authenticated_at=datetime.fromtimestamp(float(moment), UTC) if is_moment(moment) and moment else None,
    )


def text_of(value: object, longest: int) -> str | None:
    """Return a text that we can keep; anything else counts as not said."""
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value.strip()) <= longest:
        return None
    return value.strip()


def is_moment(value: object) -> bool:
    """Say whether the value is a number of seconds that a calendar has."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 253_402_300_800
