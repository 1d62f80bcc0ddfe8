"""One client on standard input: hears its messages, runs what it asks for, answers."""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, Final

from sotabox.cli.mcp.protocol import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Fault,
    Id,
    Json,
    Message,
    discovered,
    encode,
    explain,
    initialized,
    parse_line,
    render_fault,
    render_progress,
    render_result,
    require_version,
    said,
    stamped,
)
from sotabox.cli.mcp.tool import Asked, Call, Cancelled, Tool, ToolFailed
from sotabox.cli.remote import Remote
from sotabox.errors import SotaboxError

_CALLS_MAX: Final = 16
_LINE_MAX: Final = 4_000_000
_LEAVE_S: Final = 10.0  # for what is under way when the client has left


class Session:
    """A client and what it has under way.

    Each tool runs in a thread of its own, so that one that deploys keeps none waiting, and hears when
    it is taken back.
    """

    def __init__(self, out: BinaryIO, tools: Iterable[Tool], connect: Callable[[], Remote]) -> None:
        self._out = out
        self._tools = {tool.name: tool for tool in tools}
        self._connect = connect
        self._lock = threading.Lock()  # of the output and of what is under way
        self._calls: dict[Id, tuple[Call, threading.Thread]] = {}

    def serve(self, lines: BinaryIO) -> None:
        """Answers until the input ends; what is under way then has a little time to end as well."""
        while line := lines.readline(_LINE_MAX):
            if line.strip():
                self.hear(line)
        with self._lock:
            under_way = list(self._calls.values())
        deadline = time.monotonic() + _LEAVE_S
        for call, _ in under_way:
            call.ended.set()
        for _, thread in under_way:
            thread.join(max(0.0, deadline - time.monotonic()))

    def hear(self, line: bytes) -> None:
        """Takes one line of the client's."""
        try:
            for message in parse_line(line):
                self._take(message)
        except Fault as fault:
            self._send(render_fault(fault))

    def _take(self, message: Message) -> None:
        if message.id is None:
            if message.method == "notifications/cancelled":
                self._take_back(message.params.get("requestId"))
            return
        try:
            modern = require_version(message)
            if message.method == "tools/call":
                self._begin(message, message.id, modern=modern)
                return
            result = self._answer(message)
        except Fault as fault:
            fault.id = message.id
            self._send(render_fault(fault))
            return
        self._send(render_result(message.id, stamped(result, cacheable=True) if modern else result))

    def _answer(self, message: Message) -> Json:
        match message.method:
            case "initialize":
                return initialized(message.params)
            case "server/discover":
                return discovered()
            case "ping":
                return {}
            case "tools/list":
                return {"tools": [tool.listed for tool in self._tools.values()]}
        raise Fault(METHOD_NOT_FOUND, f"There is no method {message.method[:100]}")

    def _begin(self, message: Message, id_: Id, *, modern: bool) -> None:
        name = message.params.get("name")
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            raise Fault(INVALID_PARAMS, f"There is no tool {str(name)[:100]}")
        call = Call(self._teller(message.meta.get("progressToken")))

        def work() -> None:
            try:
                result = self._run(tool, message.params.get("arguments"), call)
            finally:
                with self._lock:
                    self._calls.pop(id_, None)
            if result is not None and not call.taken_back:
                shown = stamped(result, cacheable=False) if modern else result
                self._send(render_result(id_, shown))

        thread = threading.Thread(target=work, name=f"tool {tool.name}", daemon=True)
        with self._lock:
            is_free = len(self._calls) < _CALLS_MAX and id_ not in self._calls
            if is_free:
                self._calls[id_] = (call, thread)
        if is_free:
            thread.start()
        else:
            busy = said("Too much is under way: wait for an answer first.", is_error=True)
            self._send(render_result(id_, stamped(busy, cacheable=False) if modern else busy))

    def _run(self, tool: Tool, given: Any, call: Call) -> Json | None:
        """The result of a tool; None where nobody waits for it."""
        try:
            arguments = tool.check(given)
            with self._connect() as remote:
                return said(tool.act(Asked(remote, arguments, call)))
        except Cancelled:
            return None
        except ToolFailed as failure:
            return said(str(failure), is_error=True)
        except SotaboxError as error:
            return said(explain(error), is_error=True)
        except Exception:  # noqa: BLE001  the root of a thread: shown whole, where a person may look
            traceback.print_exc()
            return said("An error of sotabox itself; standard error says where.", is_error=True)

    def _teller(self, token: Any) -> Callable[[str], None]:
        if not isinstance(token, str | int):
            return lambda _: None
        steps = iter(range(1, sys.maxsize))
        return lambda text: self._send(render_progress(token, next(steps), text))

    def _take_back(self, id_: Any) -> None:
        with self._lock:
            found = self._calls.get(id_) if isinstance(id_, str | int) else None
        if found:
            call, _ = found
            call.taken_back = True
            call.ended.set()

    def _send(self, message: Mapping[str, Any]) -> None:
        data = encode([message])
        with self._lock:
            try:
                self._out.write(data)
                self._out.flush()
            except BrokenPipeError:
                return  # the client has left, and its input ends as well
