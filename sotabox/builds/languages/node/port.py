"""The port that an app's source insists on, as beginners' servers and official templates do."""

import re
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.app import App

_SOURCES: Final = "**/*.{js,mjs,cjs,ts,mts,cts}"
_NO_SOURCE: Final = re.compile(
    r"(?:^|/)(?:node_modules|tests?|__tests__|e2e|dist|build|public|client|frontend|scripts|\.[^/]*)/"
    r"|\.(?:test|spec|config|d)\.\w+$"
)
#: `process.env.PORT`, `env['APP_PORT']`, `{ PORT } = process.env`, `get("PORT")`, a schema's `PORT:`.
_READS_IT: Final = re.compile(
    r"env\s*\??\s*[.\[]\s*['\"]?\w*PORT|\bPORT\b[^=\n;]{0,80}\}\s*=|['\"]\w*PORT['\"]|(?<!const )(?<!let )\bPORT\s*:"
)
_NAMED: Final = re.compile(r"\b(?:const|let|var)\s+(\w+)(?:\s*:\s*number)?\s*=\s*(\d{4,5})\b")
_LISTENS: Final = re.compile(r"\.listen\(\s*(?:\{[^{}]{0,200}?\bport\s*:\s*)?(\w+)")
_SERVES: Final = re.compile(r"\bserve\(\s*\{[^{}]{0,400}?\bport\s*:\s*(\w+)")
_FILES_MAX: Final = 100
_READ_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class FixedPort:
    """A port, and the file that names it."""

    number: int
    path: str


def fixed_port(app: App) -> FixedPort | None:
    """The one port that the source listens on, if nothing in it asks which it should be."""
    paths = [path for path in app.files.glob(_SOURCES) if not _NO_SOURCE.search(path)]
    found: dict[int, str] = {}
    for path in paths[:_FILES_MAX]:
        text = app.files.read(path, _READ_MAX_BYTES) or ""
        if _READS_IT.search(text):
            return None
        names = dict(_NAMED.findall(text))
        for word in (*_LISTENS.findall(text), *_SERVES.findall(text)):
            number = names.get(word, word)
            if number.isdecimal() and 1024 <= int(number) <= 65535:
                found.setdefault(int(number), path)
    return FixedPort(*next(iter(found.items()))) if len(found) == 1 else None
