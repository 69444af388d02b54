"""Ports: found before a server needs them, so that a taken one is one clear line."""

import errno
import socket

from tessera.platform.errors import ConflictError, InvalidError


class PortTakenError(ConflictError):
    """Something else listens there."""

    code = "port_in_use"


class ListenAddressError(InvalidError):
    """The address to listen on cannot be used."""

    code = "listen_address_invalid"


def find_port(host: str, port: int) -> tuple[str, int]:
    """Return address and port to listen on, a free port where `port` is 0; raise if it cannot be had."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror:
        raise ListenAddressError(
            f"TESSERA_HTTP_HOST names {host}, which cannot be resolved. Use an address of this machine."
        ) from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Without SO_REUSEPORT, which the server sets: with it two servers would share the port without noticing.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(place)
        except OSError as error:
            raise explain_refusal(host, port, error) from None
        return str(place[0]), int(probe.getsockname()[1])


def explain_refusal(host: str, port: int, error: OSError) -> Exception:
    """Say why the port cannot be had."""
    if error.errno == errno.EADDRINUSE:
        return PortTakenError(
            f"Port {port} of {host} is in use. Stop what listens there, or set TESSERA_HTTP_PORT to another port"
            " (0 picks a free one)."
        )
    if error.errno == errno.EACCES:
        return ListenAddressError(f"This user may not listen on port {port}. Set TESSERA_HTTP_PORT to one above 1023.")
    return ListenAddressError(
        f"Nothing can listen on {host}: {error.strerror}. Set TESSERA_HTTP_HOST to an address of this machine."
    )


def url_of(host: str, port: int) -> str:
    """Return the address to open, with the host people can use where the server listens on all."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
