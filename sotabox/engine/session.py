"""A BuildKit session: what a build may ask us for while it runs.

The engine turns our connection around and becomes the HTTP/2 client of a small gRPC server: its
health, the build's secrets, the registries' credentials. All else is answered "unimplemented", on
which the engine falls back to what it can do alone.

Source: `session/` of BuildKit; `POST /session` of the Docker Engine API; gRPC over HTTP/2.
"""

import asyncio
import logging
import secrets
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from sotabox.engine.buildkit import fields
from sotabox.engine.client import Engine
from sotabox.engine.faults import unavailable
from sotabox.engine.registry import Credentials, credentials_for, official_registry

_LOG: Final = logging.getLogger(__name__)

_HEALTH: Final = "/grpc.health.v1.Health/Check"
_SECRETS: Final = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
_CREDENTIALS: Final = "/moby.filesync.v1.Auth/Credentials"
_SERVING: Final = b"\x08\x01"

_OK: Final = 0
_NOT_FOUND: Final = 5
_RESOURCE_EXHAUSTED: Final = 8
_UNIMPLEMENTED: Final = 12

_REQUEST_MAX_BYTES: Final = 64 * 1024
_STREAMS_MAX: Final = 100
_OPENING_TIMEOUT_S: Final = 10
#: BuildKit's own bound on a secret; a longer one fails there, with a clear error.
SECRET_MAX_BYTES: Final = 500 * 1024


@dataclass(slots=True)
class _Call:
    """A request that is coming in, or the rest of its answer on the way out."""

    path: str
    request: bytearray = field(default_factory=bytearray)
    too_large: bool = False
    answer: bytes = b""


class Session:
    """Offers secrets and credentials to the builds that name its `id`, while its block lasts.

    Args:
        secrets: by id, for `RUN --mount=type=secret,id=…`. BuildKit keeps them out of layers,
            history and cache, also out of the cache's key.
        credentials: by registry host.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        secrets_by_id: Mapping[str, bytes] | None = None,
        credentials: Mapping[str, Credentials] | None = None,
    ) -> None:
        self.id = secrets.token_hex(16)
        self._engine = engine
        self._secrets = dict(secrets_by_id or {})
        self._credentials = dict(credentials or {})
        self._official = ""
        self._calls: dict[int, _Call] = {}
        self._http = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        )
        self._services: dict[str, Callable[[bytes], tuple[int, bytes]]] = {
            _HEALTH: self._answer_health,
            _SECRETS: self._answer_secret,
            _CREDENTIALS: self._answer_credentials,
        }

    async def __aenter__(self) -> Self:
        if self._credentials:
            self._official = official_registry(await self._engine.info())
        opening = self._opening(await self._engine.api_version())
        path = self._engine.socket_path
        try:
            async with asyncio.timeout(_OPENING_TIMEOUT_S):
                self._reader, self._writer = await asyncio.open_unix_connection(path)
                await self._upgrade(opening)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise unavailable(path, "it accepts no build session") from error
        self._http.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: _STREAMS_MAX})
        self._http.initiate_connection()
        self._flush()
        self._task = asyncio.create_task(self._serve(), name=f"session {self.id}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task.cancel()
        self._writer.transport.abort()
        await asyncio.wait({self._task})

    async def _upgrade(self, opening: bytes) -> None:
        """Turn the connection around: from here on the engine asks.

        Raises:
            ConnectionError: it does not want to.
        """
        try:
            self._writer.write(opening)
            head = await self._reader.readuntil(b"\r\n\r\n")
        except BaseException:
            self._writer.transport.abort()
            raise
        if b" 101 " not in head.partition(b"\r\n")[0]:
            self._writer.transport.abort()
            raise ConnectionRefusedError(head.decode(errors="replace"))

    def _opening(self, version: str) -> bytes:
        head = [
            f"POST /v{version}/session HTTP/1.1",
            "Host: docker",
            "Connection: Upgrade",
            "Upgrade: h2c",
            f"X-Docker-Expose-Session-Uuid: {self.id}",
            "X-Docker-Expose-Session-Name: sotabox",
            "X-Docker-Expose-Session-Sharedkey: ",
            *(f"X-Docker-Expose-Session-Grpc-Method: {path}" for path in self._services),
        ]
        return "\r\n".join([*head, "", ""]).encode()

    async def _serve(self) -> None:
        """Answer until the engine ends the connection.

        A build whose session broke goes on and says itself what it misses, so that nobody needs
        this task's error but the log.
        """
        try:
            while data := await self._reader.read(64 * 1024):
                for event in self._http.receive_data(data):
                    if isinstance(event, h2.events.ConnectionTerminated):
                        return
                    self._handle(event)
                self._flush()
                await self._writer.drain()
        except (ConnectionError, h2.exceptions.ProtocolError, ValueError) as error:
            _LOG.warning("a build session broke: %r", error)

    def _flush(self) -> None:
        if data := self._http.data_to_send():
            self._writer.write(data)

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            path = next((str(v) for name, v in event.headers or () if str(name) == ":path"), "")
            self._calls[event.stream_id] = _Call(path)
        elif isinstance(event, h2.events.DataReceived):
            self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            if (call := self._calls.get(event.stream_id)) is not None:
                call.too_large |= len(call.request) + len(event.data) > _REQUEST_MAX_BYTES
                call.request += b"" if call.too_large else event.data
        elif isinstance(event, h2.events.StreamEnded):
            self._answer(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self._calls.pop(event.stream_id, None)
        elif isinstance(event, h2.events.WindowUpdated | h2.events.RemoteSettingsChanged):
            for stream_id in [id_ for id_, call in self._calls.items() if call.answer]:
                self._send_more(stream_id)

    def _answer(self, stream_id: int) -> None:
        call = self._calls[stream_id]
        service = self._services.get(call.path)
        if call.too_large:
            status, message = _RESOURCE_EXHAUSTED, b""
        elif service is None:
            status, message = _UNIMPLEMENTED, b""
        else:
            status, message = service(bytes(call.request[5:]))
        headers = [(":status", "200"), ("content-type", "application/grpc")]
        if status != _OK:
            del self._calls[stream_id]
            headers += [("grpc-status", str(status)), ("grpc-message", "refused")]
            self._http.send_headers(stream_id, headers, end_stream=True)
            return
        self._http.send_headers(stream_id, headers)
        call.answer = struct.pack(">BI", 0, len(message)) + message
        self._send_more(stream_id)

    def _send_more(self, stream_id: int) -> None:
        """As much of an answer as the engine takes now; the rest with its next window."""
        call = self._calls[stream_id]
        while call.answer:
            room = min(
                self._http.local_flow_control_window(stream_id),
                self._http.max_outbound_frame_size,
            )
            if room <= 0:
                return
            self._http.send_data(stream_id, call.answer[:room])
            call.answer = call.answer[room:]
        del self._calls[stream_id]
        self._http.send_headers(stream_id, [("grpc-status", "0")], end_stream=True)

    def _answer_health(self, request: bytes) -> tuple[int, bytes]:
        return _OK, _SERVING

    def _answer_secret(self, request: bytes) -> tuple[int, bytes]:
        value = self._secrets.get(_text(request))
        return (_NOT_FOUND, b"") if value is None else (_OK, _field(1, value))

    def _answer_credentials(self, request: bytes) -> tuple[int, bytes]:
        found = credentials_for(_text(request), self._credentials, self._official)
        if found is None:
            return _OK, b""  # anonymous
        user, password = found
        return _OK, _field(1, user.encode()) + _field(2, password.encode())


def _text(message: bytes) -> str:
    """Field 1 of a request, a string in all three services."""
    value = dict(fields(message)).get(1, b"")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _field(number: int, value: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
