"""Sends planned requests through a profile's target and says what came of them."""

import time
from dataclasses import replace

from tessera.connectors.contract import Target
from tessera.outbound.calls.excerpts import Excerpts
from tessera.outbound.calls.outcomes import can_replay, classify_error, classify_status, classify_unreadable
from tessera.outbound.calls.partial import UnreadableAnswerError, find_refused_rows
from tessera.outbound.calls.request_maker import RequestMaker
from tessera.outbound.rendering import PlannedRequest, TemplateShape
from tessera.outbound.senders import Outcome, OutcomeKind
from tessera.platform.clock import Clock, now
from tessera.platform.http import EXCERPT_BYTES, CallError, Headers, OutboundClient, Reply


class HttpSender:
    """Sends the requests of one template through one profile. Whatever does not vary is made once, here."""

    def __init__(self, target: Target, shape: TemplateShape, client: OutboundClient, *, clock: Clock = now) -> None:
        self._maker = RequestMaker(target, shape)
        self._client = client
        self._clock = clock
        self._authorities = target.authorities
        self._success = shape.success_statuses
        self._error_path = shape.error_path
        # A list of refused items counts as a whole only.
        kept = target.limits.answer_bytes if shape.error_path else target.limits.kept_bytes
        self._limits = replace(target.limits, kept_bytes=kept)
        hidden = [header.name for header in shape.headers if header.secret]
        self._excerpts = Excerpts(target.secrets, hidden)
        self.concurrency = target.concurrency
        self.per_second = target.per_second
        self.per_minute = target.per_minute

    async def send(self, planned: PlannedRequest) -> Outcome:
        """Call the receiver once. A missing answer is an outcome: this raises for nothing that the receiver does."""
        return await self._call(planned, self._headers_of(planned))

    async def _call(self, planned: PlannedRequest, headers: Headers) -> Outcome:
        started = time.perf_counter()
        try:
            reply = await self._client.send(
                planned.method,
                self._maker.url_of(planned),
                headers=headers,
                body=planned.body or b"",
                limits=self._limits,
                authorities=self._authorities,
            )
        except CallError as error:
            message = self._excerpts_of(planned).mask(error.message)
            failed = classify_error(error.kind, message, replayable=self.can_replay(planned))
            return replace(failed, duration_seconds=time.perf_counter() - started, error_kind=error.kind)
        moment = self._clock()
        rate_limit = reply.rate_limit(moment)
        retry_after = reply.retry_after(moment)
        if retry_after is None and rate_limit is not None and rate_limit.remaining == 0:
            retry_after = rate_limit.seconds
        return replace(
            self._classify(planned, reply),
            status=reply.status,
            duration_seconds=reply.duration_seconds,
            retry_after=retry_after,
            rate_limit=rate_limit,
            headers=reply.headers,
            excerpt=reply.excerpt,
            bytes=reply.bytes,
        )

    def can_replay(self, planned: PlannedRequest) -> bool:
        """Say whether sending the request again is safe although the first may have been processed."""
        return can_replay(planned.method, has_key=planned.idempotency_key is not None)

    def make_excerpts(self, planned: PlannedRequest, answer: Outcome) -> tuple[str, str]:
        """Return what the log may keep of the request and of its answer, secrets masked."""
        excerpts = self._excerpts_of(planned)
        line = f"{planned.method} {self._maker.url_of(planned)}"
        request = excerpts.make(line, self._headers_of(planned), planned.body or b"")
        if answer.status is None:
            return request, excerpts.make(answer.message, (), b"")
        headers = answer.headers.list_lines() if answer.headers is not None else ()
        head = answer.excerpt[:EXCERPT_BYTES]
        return request, excerpts.make(f"HTTP {answer.status}", headers, head)

    def _headers_of(self, planned: PlannedRequest) -> list[tuple[str, str]]:
        return [*self._maker.headers_of(planned)]

    def _classify(self, planned: PlannedRequest, reply: Reply) -> Outcome:
        outcome = classify_status(reply.status, success=self._success, rows=len(planned.ordinals))
        if outcome.kind is not OutcomeKind.OK or self._error_path is None:
            return outcome
        try:
            refused = find_refused_rows(reply.excerpt, self._error_path, planned)
        except UnreadableAnswerError as error:
            return classify_unreadable(reply.status, str(error))
        excerpts = self._excerpts_of(planned)
        return replace(outcome, failed_rows=[(at, excerpts.mask(reason)) for at, reason in refused])

    def _excerpts_of(self, planned: PlannedRequest) -> Excerpts:
        return self._excerpts.knowing(planned.headers)
