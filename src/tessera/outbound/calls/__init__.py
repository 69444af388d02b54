"""Calls: sending a planned request, judging its answer, and what the log keeps of both."""

from tessera.connectors.contract import USER_AGENT
from tessera.outbound.calls.outcomes import classify_error, classify_status
from tessera.outbound.calls.sender import HttpSender
from tessera.outbound.calls.token_sender import TokenSender
from tessera.outbound.calls.urls import check_queries

__all__ = [
    "USER_AGENT",
    "HttpSender",
    "TokenSender",
    "check_queries",
    "classify_error",
    "classify_status",
]
