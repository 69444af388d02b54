"""Headers that every answer of the pages carries."""

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from tessera.platform.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers; browsers are asked to stay with https only where the site is reached by https."""
    headers = {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if is_secure(settings):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def is_secure(settings: Settings) -> bool:
    """Say whether people reach this deployment by https."""
    return (settings.public_url or "").startswith("https://")


class SecurityHeaders(ASGIMiddleware):
    """Adds the headers to whatever the pages answer, errors and files included."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Set the headers when the answer starts; what shows data stays out of every cache."""
        headers = security_headers(scope["litestar_app"].state.resources.settings)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableScopeHeaders.from_message(message)
                answer.update(headers)
                answer.setdefault("Cache-Control", "no-store")
            await send(message)

        await next_app(scope, receive, send_with_headers)
