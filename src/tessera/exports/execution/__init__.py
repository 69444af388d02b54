"""Executing a run: select, plan, send, settle, finish; and take over where another worker left off."""

from tessera.exports.execution.executor import Executor

__all__ = ["Executor"]
