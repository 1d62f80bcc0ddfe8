"""The app that appliance tests deploy: HTTP/1.1 with keep-alive on asyncio, nothing but Python.

    GET or POST /       JSON: the release, the size of the body, the container's address
    GET /slow?S         the same after S seconds
    GET /events         server-sent events, one each 100 ms
    GET /socket         a WebSocket that sends the release each 100 ms
    GET /hog            none: takes memory until it is killed
    GET /error          500
    POST /drop          none: breaks the connection off
    GET /doom           none: exits, and will exit at once whenever it is started again

SIGTERM: no new connections, requests under way are finished. In the environment, `MODE` breaks it and
`LATE` makes it listen that many seconds later.
"""

import asyncio
import base64
import hashlib
import json
import os
import signal
import sys

RELEASE = os.environ.get("RELEASE", "") or os.uname().nodename
MODE = os.environ.get("MODE", "")
PORT = int(os.environ["PORT"])
DOOM = "/doomed"


async def answer(reader, writer):
    """Serves one connection."""
    try:
        while await answer_one(reader, writer):
            pass
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer_one(reader, writer):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, *rows = head.strip().split("\r\n")
    _, target, _ = line.split(" ")
    fields = {k.lower(): v for k, v in (row.split(": ", 1) for row in rows)}
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    path, _, query = target.partition("?")
    if path == "/events":
        return await stream(writer)
    if path == "/socket":
        return await socket(writer, fields["sec-websocket-key"])
    if path == "/hog":
        hog()
    if path == "/drop":
        return False
    if path == "/doom":
        open(DOOM, "w").close()
        os._exit(4)
    if path == "/slow":
        await asyncio.sleep(float(query))
    failing = MODE == "sick" or path == "/error"
    status = "500 Internal Server Error" if failing else "200 OK"
    here = writer.get_extra_info("sockname")[0]
    text = json.dumps({"app": RELEASE, "size": len(body), "ip": here}).encode()
    writer.write(
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(text)}\r\n\r\n".encode() + text
    )
    await writer.drain()
    return True


async def stream(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(f"data: {RELEASE}\n\n".encode())
        await writer.drain()
        await asyncio.sleep(0.1)


async def socket(writer, key):
    accept = base64.b64encode(
        hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    ).decode()
    writer.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
    )
    while True:
        text = RELEASE.encode()
        writer.write(bytes([0x81, len(text)]) + text)
        await writer.drain()
        await asyncio.sleep(0.1)


def hog():
    taken = bytearray()
    while True:
        taken += bytes(10_000_000)


async def main():
    if os.path.exists(DOOM):
        sys.exit("doomed")
    if MODE == "exit":
        print("cannot go on: no database", flush=True)
        sys.exit(3)
    if MODE == "hog":
        hog()
    if MODE == "deaf":
        await asyncio.Event().wait()
    await asyncio.sleep(float(os.environ.get("LATE", "0")))
    host = "127.0.0.1" if MODE == "loopback" else "0.0.0.0"
    port = 5000 if MODE in ("loopback", "other-port") else PORT
    server = await asyncio.start_server(answer, host, port)
    print(f"listening on {host}:{port}", flush=True)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()
    server.close()


asyncio.run(main())
