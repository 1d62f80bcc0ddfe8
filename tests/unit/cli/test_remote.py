"""What is said where no box answers, or nothing can be sent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from sotabox.cli.box_url import parse_box_url
from sotabox.cli.remote import Remote
from sotabox.errors import BadRequest, Unauthorized

BOX = parse_box_url("https://box.example.com")


class NoBox(BaseHTTPRequestHandler):
    """A web server that is none of ours, and sends some of its visitors elsewhere."""

    def do_GET(self) -> None:
        elsewhere = self.path == "/v1/moved"
        self.send_response(308 if elsewhere else 200)
        if elsewhere:
            self.send_header("Location", "https://box.example.com/v1/moved")
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Hello</h1>")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def no_box() -> Iterator[Remote]:
    with HTTPServer(("127.0.0.1", 0), NoBox) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        try:
            with Remote(parse_box_url(f"127.0.0.1:{server.server_port}"), "sota_1") as remote:
                yield remote
        finally:
            server.shutdown()
            serving.join()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda remote: remote.call("GET", "/me"), "is no box: it sent text/html"),
        (lambda remote: remote.call("GET", "/moved"), "sends everybody on to https://box.example"),
        (lambda remote: remote.call("PATCH", "/x", json={"a": "\udcff"}), "not all UTF-8"),
    ],
    ids=["another server", "a redirect", "bytes that are no text"],
)
def test_what_is_no_box_is_said_to_be_none(ask: Callable[[Remote], object], said: str) -> None:
    """A wrong address, or one that leads elsewhere, is named; it is no error of the program."""
    with no_box() as remote, pytest.raises(BadRequest, match=said):
        ask(remote)


@pytest.mark.parametrize("key", ["sota_1\nX-Evil: 1", "sota_ké"])
def test_key_that_is_none_is_not_shown(key: str) -> None:
    """What was pasted wrongly may hold a secret: it stands in no error."""
    with pytest.raises(Unauthorized) as raised:
        Remote(BOX, key)
    assert "sota_1" not in raised.value.message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HTTPS_PROXY", "bogus://127.0.0.1:1", "The proxy that the environment names"),
        ("SSL_CERT_FILE", "/nonexistent.pem", "/nonexistent.pem: No such file"),
    ],
)
def test_environment_that_can_not_be_used_is_named(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy or a file of certificates that is wrong is named, with what belongs there."""
    monkeypatch.setenv(name, value)
    with pytest.raises(BadRequest, match=said):
        Remote(BOX)
