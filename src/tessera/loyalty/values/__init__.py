"""Frozen values of the room: what goes in, what comes out, what a list is narrowed by.

They are msgspec structs rather than dataclasses: a thousand of them are made per call, at a fifth of the cost.
"""
