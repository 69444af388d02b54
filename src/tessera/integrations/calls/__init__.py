"""Calls: sending a planned request, judging its answer, and what the log keeps of both."""

from tessera.integrations.calls.agent import USER_AGENT
from tessera.integrations.calls.sender import HttpSender
from tessera.integrations.calls.token_sender import TokenSender
from tessera.integrations.calls.urls import check_queries
from tessera.integrations.calls.verdicts import classify_error, classify_status

__all__ = [
    "USER_AGENT",
    "HttpSender",
    "TokenSender",
    "check_queries",
    "classify_error",
    "classify_status",
]
