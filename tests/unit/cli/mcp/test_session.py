"""A client's session: who is answered, who is taken back, who is told no."""

import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from sotabox.cli.box_url import parse_box_url
from sotabox.cli.mcp import protocol
from sotabox.cli.mcp.session import Session
from sotabox.cli.mcp.tool import Argument, Asked, Tool
from sotabox.cli.remote import Remote

WAIT_S = 30


class Client:
    """The other side: what it says, and what it reads."""

    def __init__(self, said: BinaryIO, heard: BinaryIO) -> None:
        self._said = said
        self._heard = heard

    def say(self, method: str, id_: object = None, **params: Any) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if id_ is not None:
            message["id"] = id_
        self._said.write(json.dumps(message).encode() + b"\n")
        self._said.flush()

    def hear(self) -> Any:
        return json.loads(self._heard.readline())


@contextmanager
def client_of(*tools: Tool) -> Iterator[Client]:
    """A client of a session with these tools; its end is the input's end."""
    to_us, from_client = os.pipe()
    to_client, from_us = os.pipe()
    with (
        os.fdopen(to_us, "rb") as lines,
        os.fdopen(from_client, "wb") as said,
        os.fdopen(to_client, "rb") as heard,
        os.fdopen(from_us, "wb") as out,
    ):
        session = Session(out, tools, lambda: Remote(parse_box_url("localhost:1")))
        thread = threading.Thread(target=session.serve, args=(lines,))
        thread.start()
        yield Client(said, heard)
        said.close()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def tool(name: str, act: Any, *arguments: Argument) -> Tool:
    return Tool(name, name, name, arguments, act)


def test_call_that_takes_long_keeps_none_waiting() -> None:
    """While one tool works, a ping and another tool are answered."""
    go = threading.Event()

    def slow(_: Asked) -> str:
        assert go.wait(WAIT_S)
        return "slow"

    with client_of(tool("slow", slow), tool("quick", lambda _: "quick")) as client:
        client.say("tools/call", 1, name="slow")
        client.say("tools/call", 2, name="quick")
        assert client.hear()["id"] == 2
        client.say("ping", 3)
        assert client.hear() == {"jsonrpc": "2.0", "id": 3, "result": {}}
        go.set()
        assert client.hear()["result"]["content"] == [{"type": "text", "text": "slow"}]


def test_call_that_is_taken_back_ends_without_an_answer() -> None:
    """A person stops the agent: the tool hears of it at once, and nothing is said any more."""
    ended: list[bool] = []
    begun, over = threading.Event(), threading.Event()

    def waits(asked: Asked) -> str:
        begun.set()
        ended.append(asked.call.ended.wait(WAIT_S))
        over.set()
        asked.call.check()
        return "never said"

    with client_of(tool("waits", waits)) as client:
        client.say("tools/call", "a", name="waits")
        assert begun.wait(WAIT_S)
        client.say("notifications/cancelled", requestId="a", reason="stop")
        assert over.wait(WAIT_S)
        client.say("ping", "b")
        assert client.hear()["id"] == "b"
    assert ended == [True]


def test_what_is_under_way_at_the_end_of_the_input_is_answered() -> None:
    """A script that pipes its questions in reads all answers."""
    lines = [
        {"jsonrpc": "2.0", "id": id_, "method": "tools/call", "params": {"name": "waits"}}
        for id_ in range(3)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    out = io.BytesIO()
    waits = tool("waits", lambda asked: str(asked.call.ended.wait(WAIT_S)))
    Session(out, [waits], lambda: Remote(parse_box_url("localhost:1"))).serve(io.BytesIO(text))
    assert {json.loads(line)["id"] for line in out.getvalue().splitlines()} == {0, 1, 2}


def test_wrong_arguments_are_a_result_that_the_model_reads() -> None:
    """A model that errs is told each wrong argument, and can try again."""
    ask = tool("ask", lambda _: "", Argument("n", "a number", "integer"), Argument("s", "text"))
    with client_of(ask) as client:
        client.say("tools/call", 1, name="ask", arguments={"n": True, "other": 1})
        result = client.hear()["result"]
    assert result["isError"]
    (content,) = result["content"]
    assert content["text"].splitlines()[1:] == [
        "n: must be of type integer",
        "s: is required",
        "other: is no argument of this tool",
    ]


def test_box_that_is_away_is_a_result_and_a_fault_of_ours_too() -> None:
    """Whatever a tool meets, the client gets an answer, and the next call works."""

    def broken(_: Asked) -> str:
        raise ZeroDivisionError

    away = tool("away", lambda asked: str(asked.remote.call("GET", "/me")))
    with client_of(away, tool("broken", broken)) as client:
        client.say("tools/call", 1, name="away")
        answer = client.hear()["result"]
        assert (answer["isError"], "can't be reached" in answer["content"][0]["text"]) == (
            True,
            True,
        )
        client.say("tools/call", 2, name="broken")
        assert client.hear()["result"]["isError"]
        client.say("tools/call", 3, name="no-such-tool")
        assert client.hear()["error"]["code"] == protocol.INVALID_PARAMS
        client.say("resources/list", 4)
        assert client.hear()["error"]["code"] == protocol.METHOD_NOT_FOUND


def test_progress_is_told_to_who_asks_for_it() -> None:
    """Only a call that brings a token hears how it goes on."""

    def tells(asked: Asked) -> str:
        asked.call.tell("half")
        return "done"

    with client_of(tool("tells", tells)) as client:
        client.say("tools/call", 1, name="tells")
        assert client.hear()["id"] == 1
        client.say("tools/call", 2, name="tells", _meta={"progressToken": "t"})
        assert client.hear()["params"] == {"progressToken": "t", "progress": 1, "message": "half"}
        assert client.hear()["id"] == 2


def test_client_without_a_handshake_names_its_version_each_time() -> None:
    """2026-07-28 knows no initialize: results say that they are complete, wrong versions what is."""
    named = {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}
    with client_of(tool("quick", lambda _: "quick")) as client:
        client.say("server/discover", 1, _meta=named)
        assert "2026-07-28" in client.hear()["result"]["supportedVersions"]
        client.say("tools/list", 2, _meta=named)
        assert {"resultType", "ttlMs", "cacheScope", "tools"} <= client.hear()["result"].keys()
        client.say("tools/call", 3, name="quick", _meta=named)
        assert client.hear()["result"]["resultType"] == "complete"
        client.say("tools/list", 4, _meta={"io.modelcontextprotocol/protocolVersion": "1999"})
        error = client.hear()["error"]
        assert error["code"] == protocol.UNSUPPORTED_VERSION
        assert "2026-07-28" in error["data"]["supported"]
