"""BuildKit's trace, turned into the lines that people know from `docker build` (pure).

Source: `api/services/control/control.proto` of BuildKit (StatusResponse, Vertex, VertexLog,
VertexWarning); the wire format is protobuf's, of which only a reader is needed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sotabox.engine.faults import says_no_processes, says_no_space

_LINE_MAX_BYTES: Final = 1024 * 1024  # a step that never ends its line may not fill our memory
_HIDDEN: Final = ("[internal]", "[auth]", "copy /context", "resolve image config", "load build")

Value = int | bytes


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """The (number, value) pairs of a protobuf message, in their order.

    Raises:
        ValueError: it is none.
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == 0:
            number, position = _varint(message, position)
            yield key >> 3, number
            continue
        if kind == 2:
            size, position = _varint(message, position)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"protobuf wire type {kind} is not used by BuildKit")
        if position + size > len(message):
            raise ValueError("the protobuf message is cut off")
        yield key >> 3, message[position : position + size]
        position += size


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message) and shift < 64:
        byte = message[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
    raise ValueError("the protobuf message is cut off")


@dataclass(slots=True)
class _Step:
    """A vertex of the build's graph, as far as it is known."""

    name: str
    number: int = 0  # in the log; 0 while it is not shown
    started: float = 0.0
    latest: float = 0.0  # age of its latest output, in seconds
    ended: bool = False
    output: dict[int, bytearray] = field(default_factory=dict)  # by stream: an unended line


class TraceLog:
    """Readable lines from a build's trace messages, as they happen.

    Steps are numbered in the order of their appearance; BuildKit's own housekeeping is left out
    unless it fails.

    Attributes:
        failed_step: the name of the first step that failed.
        disk_full: some output complained of a full disk.
        no_processes: some output complained that no process could be started.
    """

    def __init__(self) -> None:
        self.failed_step: str | None = None
        self.disk_full = False
        self.no_processes = False
        self._steps: dict[bytes, _Step] = {}
        self._count = 0

    def feed(self, message: bytes) -> list[str]:
        """The lines that this StatusResponse completes.

        Raises:
            ValueError: it is no protobuf.
        """
        parts = [(number, value) for number, value in fields(message) if isinstance(value, bytes)]
        vertexes = [_read_vertex(value) for number, value in parts if number == 1]
        lines: list[str] = []
        for vertex in vertexes:
            lines += self._begin(vertex)
        for number, value in parts:  # a message may hold a step's last output and its end
            if number == 3:
                lines += self._output(value)
            elif number == 4:
                lines += self._warning(value)
        for vertex in vertexes:
            lines += self._end(vertex)
        return lines

    def finish(self) -> list[str]:
        """What steps printed last without ending the line; the build is over."""
        return [line for step in self._steps.values() for line in self._flush(step)]

    def _begin(self, vertex: "_Vertex") -> list[str]:
        step = self._steps.setdefault(vertex.digest, _Step(vertex.name))
        step.started = step.started or vertex.started
        under_way = bool(vertex.started) or vertex.cached
        if vertex.error or (under_way and not vertex.name.startswith(_HIDDEN)):
            return self._show(step)
        return []

    def _show(self, step: _Step) -> list[str]:
        if step.number:
            return []
        self._count += 1
        step.number = self._count
        return [f"#{step.number} {step.name}"]

    def _end(self, vertex: "_Vertex") -> list[str]:
        step = self._steps[vertex.digest]
        if step.ended or not (vertex.completed or vertex.error):
            return []
        step.ended = True
        lines = self._flush(step)
        if not step.number:
            return lines
        if "context canceled" in vertex.error:
            verdict = "CANCELED"
        elif vertex.error:
            verdict = f"ERROR: {vertex.error}"
            self.failed_step = self.failed_step or step.name
        elif vertex.cached:
            verdict = "CACHED"
        else:
            verdict = f"DONE {max(0.0, vertex.completed - step.started):.1f}s"
        return [*lines, f"#{step.number} {verdict}"]

    def _output(self, message: bytes) -> list[str]:
        log = dict(fields(message))
        step = self._steps.setdefault(_bytes(log.get(1)), _Step("a step"))
        buffer = step.output.setdefault(_int(log.get(3)), bytearray())
        *whole, rest = (bytes(buffer) + _bytes(log.get(4))).split(b"\n")
        buffer[:] = _newest_bar(rest)
        if len(buffer) > _LINE_MAX_BYTES:
            whole.append(bytes(buffer))
            buffer.clear()
        if step.started:
            step.latest = max(0.0, _seconds(_bytes(log.get(2))) - step.started)
        return self._show(step) + [self._line(step, text) for text in whole]

    def _line(self, step: _Step, raw: bytes) -> str:
        text = _newest_bar(raw).rstrip(b"\r").decode("utf-8", "replace")
        self.disk_full = self.disk_full or says_no_space(text)
        self.no_processes = self.no_processes or says_no_processes(text)
        return f"#{step.number} {step.latest:.3f} {text}"

    def _flush(self, step: _Step) -> list[str]:
        rests = [bytes(buffer) for buffer in step.output.values() if buffer]
        step.output.clear()
        return [self._line(step, rest) for rest in rests]

    def _warning(self, message: bytes) -> list[str]:
        short = _bytes(dict(fields(message)).get(3)).decode("utf-8", "replace")
        return [f"WARNING: {short}"] if short else []


@dataclass(frozen=True, slots=True)
class _Vertex:
    """A step, sent again whole at each change; times are seconds since 1970, 0 when not yet."""

    digest: bytes
    name: str
    cached: bool
    started: float
    completed: float
    error: str


def _read_vertex(message: bytes) -> _Vertex:
    found = dict(fields(message))
    return _Vertex(
        digest=_bytes(found.get(1)),
        name=" ".join(_bytes(found.get(3)).decode("utf-8", "replace").split()),
        cached=bool(found.get(4)),
        started=_seconds(_bytes(found.get(5))),
        completed=_seconds(_bytes(found.get(6))),
        error=_bytes(found.get(7)).decode("utf-8", "replace"),
    )


def _newest_bar(line: bytes) -> bytes:
    """What a terminal would show of a line that carriage returns rewrote."""
    ended = line.endswith(b"\r")
    shown = line.rstrip(b"\r").rpartition(b"\r")[2]
    return shown + b"\r" if ended else shown


def _seconds(timestamp: bytes) -> float:
    found = dict(fields(timestamp))
    return _int(found.get(1)) + _int(found.get(2)) / 1e9


def _bytes(value: Value | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _int(value: Value | None) -> int:
    return value if isinstance(value, int) else 0
