"""The API as one plain http://127.0.0.1:PORT.

The emulator tells APIs apart by the Host header, which a browser or a carrier cannot set. This passes every request on with that header
replaced and everything else (path, query, headers, body bytes) untouched. It keeps no state, and one connection carries one request. To a request that
the emulator has given up it says nothing.
"""

from __future__ import annotations

import asyncio
import faulthandler
import resource
import socket
import sys
from contextlib import suppress

_HEAD_LIMIT = 64 * 1024
_serving: set[asyncio.Task[None]] = set()
"""The loop itself remembers a task only while something that it waits for may happen."""
_SILENT = b"\r\nlucius-silent:"
"""In the head of an answer that nobody is to hear: whoever asked waits in vain."""
_HOP = (b"host:", b"connection:", b"keep-alive:", b"proxy-connection:")


async def _serve(client: asyncio.StreamReader, back: asyncio.StreamWriter, upstream: tuple[str, int], host: bytes) -> None:
    try:
        head = await client.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
        back.close()
        return
    request, *headers = head[:-4].split(b"\r\n")
    kept = [line for line in headers if not line.lower().startswith(_HOP)]
    try:
        answer, forth = await asyncio.open_connection(*upstream)
    except OSError:
        back.write(b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        back.close()
        return
    forth.write(b"\r\n".join([request, b"host: " + host, b"connection: close", *kept]) + b"\r\n\r\n")
    up = asyncio.create_task(_copy(client, forth, half=True))
    begin = await _head(answer)
    if _SILENT in begin.lower():
        # The client ends it, when it has waited long enough.
        await up
    else:
        back.write(begin)
        await _copy(answer, back, half=False)
    up.cancel()
    forth.close()
    back.close()


async def _head(answer: asyncio.StreamReader) -> bytes:
    """The head of an answer, or what there is of it."""
    try:
        return await answer.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        return ended.partial
    except (asyncio.LimitOverrunError, ConnectionError):
        return b""


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, half: bool) -> None:
    """Copies until the source ends; with `half` the sink stays open, for its answer is still to come."""
    with suppress(ConnectionError):
        while data := await source.read(64 * 1024):
            sink.write(data)
            await sink.drain()
    if not half and sink.can_write_eof():
        with suppress(OSError):
            sink.write_eof()


async def _main(listener: socket.socket, upstream: tuple[str, int], host: bytes) -> None:
    def begin(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(client, back, upstream, host))
        _serving.add(task)
        task.add_done_callback(_serving.discard)

    server = await asyncio.start_server(begin, sock=listener, limit=_HEAD_LIMIT, backlog=1024)
    async with server:
        await server.serve_forever()


def main(arguments: list[str]) -> None:
    """`proxy FD PORT HOST`: serves on the listening socket FD, for the emulator on PORT, with Host set to HOST."""
    faulthandler.enable()
    descriptor, port, host = arguments
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.socket(fileno=int(descriptor))
    listener.setblocking(False)
    asyncio.run(_main(listener, ("127.0.0.1", int(port)), host.encode()))


if __name__ == "__main__":
    main(sys.argv[1:])
