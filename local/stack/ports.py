"""Ports on loopback. A socket that is bound here and handed to its server leaves nobody time to take the port."""

from __future__ import annotations

import socket

from say import Problem, step


def free() -> int:
    """A port that was free a moment ago, for servers that bind it themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Whether a server could bind this port now."""
    try:
        listen(port).close()
    except OSError:
        return False
    return True


def prefer(port: int, what: str) -> int:
    """`port` if it is free, else any other, said aloud."""
    if is_free(port):
        return port
    other = free()
    step(f"port {port} is in use: {what} is on {other} instead")
    return other


def listen(port: int) -> socket.socket:
    """A listening socket on loopback."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
        server.listen(1024)
    except OSError:
        server.close()
        raise
    return server


def listen_on_wish(wished: int | None, liked: int | None, what: str) -> socket.socket:
    """Listens on the port that was asked for or fails; else on the liked one or, said aloud, on any other."""
    if wished is not None:
        try:
            return listen(wished)
        except OSError as error:
            raise Problem(f"port {wished} cannot be had for {what}: {error.strerror}.", "Give another PORT=, or none: a free one is then chosen.") from error
    return listen(prefer(liked, what) if liked is not None else 0)
