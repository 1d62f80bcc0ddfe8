"""Messages of the protocol, well-formed and not."""

import json

import pytest

from sotabox.cli.mcp import protocol
from sotabox.cli.mcp.protocol import Fault, Message, parse_line


def test_request_and_notification_are_told_apart() -> None:
    """Only what has an id is answered."""
    assert parse_line(b'{"jsonrpc": "2.0", "id": 0, "method": "ping"}') == [Message("ping", {}, 0)]
    (heard,) = parse_line(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}')
    assert heard.id is None


def test_batch_of_an_older_client_is_taken_apart() -> None:
    """A client of 2025-03-26 may send several at once; answers to us are nothing to us."""
    line = json.dumps(
        [
            {"jsonrpc": "2.0", "id": 1, "method": "ping"},
            {"jsonrpc": "2.0", "id": 2, "result": {}},
            {"jsonrpc": "2.0", "id": "b", "method": "tools/list"},
        ]
    ).encode()
    assert [message.id for message in parse_line(line)] == [1, "b"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"\xff\xfe", protocol.PARSE_ERROR),
        (b"{", protocol.PARSE_ERROR),
        (b"[]", protocol.INVALID_REQUEST),
        (b"7", protocol.INVALID_REQUEST),
        (b'{"id": 1, "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', protocol.INVALID_REQUEST),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}', protocol.INVALID_PARAMS),
    ],
)
def test_line_that_is_no_message_is_refused_by_its_code(line: bytes, code: int) -> None:
    """A client that errs hears in JSON-RPC's words how."""
    with pytest.raises(Fault) as caught:
        parse_line(line)
    assert caught.value.code == code


def test_version_of_the_client_is_kept_where_it_is_spoken() -> None:
    """An older client goes on in its own version, one from the future gets our newest."""
    for version in protocol.HANDSHAKE_VERSIONS:
        assert protocol.initialized({"protocolVersion": version})["protocolVersion"] == version
    newest = protocol.HANDSHAKE_VERSIONS[0]
    assert protocol.initialized({"protocolVersion": "2099-01-01"})["protocolVersion"] == newest
    assert protocol.initialized({})["protocolVersion"] == newest


def test_line_end_in_a_text_ends_no_message() -> None:
    """A message is one line, whatever a log holds."""
    said = protocol.said("a\nb\r\u2028c")
    (line,) = protocol.encode([said]).split(b"\n")[:-1]
    assert json.loads(line) == said
