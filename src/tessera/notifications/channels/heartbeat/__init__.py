"""Heartbeats: a monitor outside is called at the start and the end of every run, and alarms when it hears nothing."""

from tessera.notifications.channels.heartbeat.channel import HEARTBEAT

__all__ = ["HEARTBEAT"]
