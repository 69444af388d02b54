"""Sends planned requests with an access token that is fetched, renewed and replaced on the way."""

from dataclasses import replace

from tessera.connectors.contract import Target
from tessera.connectors.tokens import Token, TokenError, TokenKeeper
from tessera.outbound.calls.excerpts import Excerpts
from tessera.outbound.calls.sender import HttpSender
from tessera.outbound.rendering import PlannedRequest, TemplateShape
from tessera.outbound.senders import Outcome, OutcomeKind
from tessera.platform.http import OutboundClient
from tessera.platform.secrets import MASK

REFUSED = 401
# A receiver may echo a token, and its answer be kept, when the next one is in use already.
REMEMBERED_TOKENS = 4


class TokenSender(HttpSender):
    """A sender whose every request carries a token that has not expired; a refused one is replaced once."""

    def __init__(self, target: Target, tokens: TokenKeeper, shape: TemplateShape, client: OutboundClient) -> None:
        # A second address would be called with a token checked long before.
        super().__init__(replace(target, limits=replace(target.limits, addresses=1)), shape, client)
        self._tokens = tokens
        self._secrets = target.secrets
        self._hidden = [header.name for header in shape.headers if header.secret]
        self._remembered: list[str] = []

    async def send(self, planned: PlannedRequest) -> Outcome:
        """Call the receiver once, and again with a new token if it refuses the first."""
        try:
            token = await self._tokens.get()
            answer = await self._call(planned, self._signed(planned, token))
            if answer.status != REFUSED or answer.kind is not OutcomeKind.CREDENTIALS:
                return answer
            self._tokens.refuse(token)
            token = await self._tokens.get()
        except TokenError as error:
            return outcome_of(error)
        return await self._call(planned, self._signed(planned, token))

    def _signed(self, planned: PlannedRequest, token: Token) -> list[tuple[str, str]]:
        if token.text not in self._remembered:
            self._remembered = [*self._remembered, token.text][-REMEMBERED_TOKENS:]
            self._excerpts = Excerpts((*self._secrets, *self._remembered), self._hidden)
        return [("Authorization", f"Bearer {token.text}"), *super()._headers_of(planned)]

    def _headers_of(self, planned: PlannedRequest) -> list[tuple[str, str]]:
        """Return the headers as the log shows them."""
        return [("Authorization", f"Bearer {MASK}"), *super()._headers_of(planned)]


def outcome_of(error: TokenError) -> Outcome:
    """Return what it means for a request that there is no token."""
    kind = OutcomeKind.TRANSIENT if error.temporary else OutcomeKind.CREDENTIALS
    return Outcome(kind, error.reason, error.message, retry_after=error.retry_after)
