"""Requests as the official clients put them on the wire, byte by byte, and what comes back."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse

from tests.box import Answer

GO_BOUNDARY = "4f5c8fd3b8b1c1f0a8d1e4c8d2c3a1b0e7f6d5c4b3a29180706050403020"
SDK_BOUNDARY = "----SotaSDKBoundary1772366400000"
TIMEOUT_S = 60


@dataclass(frozen=True)
class Client:
    """One of the official clients: where it connects, and the name that it asks for."""

    port: int
    host: str
    key: str

    def send(self, request: bytes) -> Answer:
        """The reply to raw bytes."""
        with connect(self.port) as connection:
            connection.sendall(request)
            return read_reply(connection)


class GoClient(Client):
    """The command line: Go's `net/http`, headers sorted, a JSON content type on everything."""

    def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> bytes:
        length = f"Content-Length: {len(body)}\r\n" if body or method == "POST" else ""
        head = (
            f"{method} {path} HTTP/1.1\r\n"
            f"Host: {self.host}\r\n"
            "User-Agent: Go-http-client/1.1\r\n"
            f"{length}"
            f"Authorization: Bearer {self.key}\r\n"
            f"Content-Type: {kind}\r\n"
            "Accept-Encoding: gzip\r\n"
            "\r\n"
        )
        return head.encode() + body

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Answer:
        # Go's encoder sorts the keys of a map and writes no spaces.
        content = json.dumps(body, separators=(",", ":"), sort_keys=True) if body else ""
        return self.send(self.request(method, path, content.encode()))

    def deploy(self, project: str, archive: bytes) -> Answer:
        body = (
            f"--{GO_BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="archive"; filename="archive.tar.gz"\r\n'
            "Content-Type: application/octet-stream\r\n"
            "\r\n"
        ).encode()
        body += archive + f"\r\n--{GO_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={GO_BOUNDARY}"
        return self.send(self.request("POST", f"/v1/projects/{project}/deploy", body, kind))

    def printed_stream(self, project: str, deployment: str) -> list[str]:
        """What `sota deploy` prints of a stream: the lines that start with `data: `, to the end."""
        request = (
            f"GET /v1/projects/{project}/deployments/{deployment}/logs/stream HTTP/1.1\r\n"
            f"Host: {self.host}\r\n"
            "User-Agent: Go-http-client/1.1\r\n"
            "Accept: text/event-stream\r\n"
            f"Authorization: Bearer {self.key}\r\n"
            "Accept-Encoding: gzip\r\n"
            "\r\n"
        )
        reply = self.send(request.encode())
        assert reply.status == 200, reply
        lines = reply.body.decode().split("\n")
        assert max(map(len, lines)) < 64 * 1024, "the client's scanner stops here"
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]


class SdkClient(Client):
    """The TypeScript SDK and the MCP server: Node's `fetch`, a body made by hand."""

    def request(self, method: str, path: str, body: bytes = b"", kind: str = "") -> bytes:
        head = [
            f"{method} {path} HTTP/1.1",
            f"host: {self.host}",
            "connection: keep-alive",
            f"Authorization: Bearer {self.key}",
            *([f"Content-Type: {kind}"] if kind else []),
            "accept: */*",
            "accept-language: *",
            "sec-fetch-mode: cors",
            "user-agent: node",
            "accept-encoding: gzip, deflate",
            *([f"content-length: {len(body)}"] if body or method == "POST" else []),
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Answer:
        if body is None:
            return self.send(self.request(method, path))
        content = json.dumps(body, separators=(",", ":")).encode()
        return self.send(self.request(method, path, content, "application/json"))

    def deploy(self, project: str, archive: bytes) -> Answer:
        body = (
            f"--{SDK_BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="archive"; filename="archive.tar.gz"\r\n'
            "Content-Type: application/gzip\r\n"
            "\r\n"
        ).encode()
        body += archive + f"\r\n--{SDK_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={SDK_BOUNDARY}"
        return self.send(self.request("POST", f"/v1/projects/{project}/deploy", body, kind))


@contextmanager
def connect(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        yield connection


def read_reply(connection: socket.socket) -> Answer:
    """The next response of a connection, to its end."""
    response = HTTPResponse(connection)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())
