"""Executing a run: select, judge, deliver by its kind, finish; and take over where another worker left off."""

from tessera.exports.execution.executor import Executor

__all__ = ["Executor"]
