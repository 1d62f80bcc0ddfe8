"""The port that an app's source insists on: the first example of most tutorials names one.

Sources are read by patterns, never run. Where any of them asks which port it should be, it is told
(`PORT`), and what else stands there is only a default.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Reason
from sotabox.builds.source import Tree

_NOT_THE_APP: Final = re.compile(
    r"(?:^|/)(?:tests?|spec|examples?|docs?|vendor|third_party|target|build|dist|_build|deps|"
    r"benches|benchmarks?|\.[^/]*)/|_test\.\w+$|(?:^|/)test_[^/]*$"
)
#: Ports of databases, queues and mail servers, which an app only calls.
_OTHERS: Final = frozenset({
    1025, 1433, 2181, 3306, 4222, 5432, 5672, 6379, 9042, 9092, 9200, 11211, 26257, 27017,
})  # fmt: skip
_LOOPBACK: Final = re.compile(
    r"""(?:listen\w*|bind|run|start|serve)\w*\(\s*(?:"tcp\d?",\s*|\(\s*)?["'](?:localhost|127\.0\.0\.1)[:"']"""
    # An argument after the port, and an option beside it.
    r"""|\.listen\([^()\n]*,\s*["'](?:localhost|127\.0\.0\.1)["']"""
    r"""|\b(?:listen|serve|server)\(\s*\{[^{}]{0,400}?\bhost(?:name)?\s*:\s*["'](?:localhost|127\.0\.0\.1)["']""",
    re.IGNORECASE,
)
_FILES_MAX: Final = 200
_READ_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Habits:
    """How a language's sources (`files`, a glob) ask for their port (`asks`), or name one.

    `names` are patterns whose only group is the number.
    """

    files: str
    asks: re.Pattern[str]
    names: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Listening:
    """The one port that is named, and its reason; and a warning where only the app itself hears it."""

    port: int | None = None
    reasons: tuple[Reason, ...] = ()
    warnings: tuple[str, ...] = ()


def habits(files: str, asks: str, *names: str) -> Habits:
    """Habits from patterns as texts."""
    compiled = (re.compile(name) for name in names)
    return Habits(files, re.compile(asks), tuple(compiled))


def find_port(
    tree: Tree, language: Habits, overrides: Overrides, paths: Iterable[str] | None = None
) -> Listening:
    """Where the app listens, as far as its source says so; nothing where a person said it.

    `paths`: the files to look at, if not all of the language's.
    """
    if overrides.port or "PORT" in (overrides.start or ""):
        return Listening()
    texts = dict(_texts(tree, language.files, paths))
    if any(language.asks.search(text) for text in texts.values()):
        return Listening()
    found: dict[int, str] = {}
    for path, text in texts.items():
        for number in (int(n) for name in language.names for n in name.findall(text)):
            if 1024 <= number <= 65535 and number not in _OTHERS:
                found.setdefault(number, path)
    loopback = next((path for path, text in texts.items() if _LOOPBACK.search(text)), None)
    if loopback:
        said = f"{loopback} listens on localhost, where nobody reaches it: it must be 0.0.0.0"
        return Listening(warnings=(f"{said}, and the port in the variable PORT",))
    if len(found) != 1:
        return Listening()
    ((port, path),) = found.items()
    why = f"{path} names it, and nothing reads the variable PORT"
    return Listening(port, (Reason(f"port {port}", why),))


def _texts(tree: Tree, files: str, paths: Iterable[str] | None) -> Iterator[tuple[str, str]]:
    chosen = tree.glob(files) if paths is None else tuple(paths)
    for path in [path for path in chosen if not _NOT_THE_APP.search(path)][:_FILES_MAX]:
        yield path, tree.read(path, _READ_MAX_BYTES) or ""
