"""Chat: a JSON message to an incoming webhook of Slack, Mattermost, Rocket.Chat, Google Chat or Microsoft Teams."""

from tessera.notifications.channels.slack.channel import SLACK

__all__ = ["SLACK"]
