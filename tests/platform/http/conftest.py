"""Clients that may call this machine."""

from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest

from tessera.platform.http import OutboundClient


@pytest.fixture
async def client() -> AsyncIterator[OutboundClient]:
    """Give a client that may call loopback by http."""
    opened = OutboundClient(allowed_networks=[ip_network("127.0.0.0/8")], allow_insecure_http=True)
    yield opened
    await opened.close()
