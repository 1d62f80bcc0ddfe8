"""Where a server's source says that it listens, as beginners' servers and official templates do."""

import re
from typing import Final

from sotabox.builds.languages.node.app import App
from sotabox.builds.languages.ports import Listening, find_port, habits

_PORTS: Final = habits(
    "**/*.{js,mjs,cjs,ts,mts,cts}",
    # `process.env.PORT`, `env['APP_PORT']`, `{ PORT } = process.env`, `get("PORT")`, a schema's `PORT:`.
    r"env\s*\??\s*[.\[]\s*['\"]?\w*PORT|\bPORT\b[^\n;{}]{0,80}\}\s*=|['\"]\w*PORT['\"]"
    r"|(?<!const )(?<!let )\bPORT\s*:",
    r"\b(?:const|let|var)\s+\w*(?:[pP]ort|PORT)\w*(?:\s*:\s*number)?\s*=\s*(\d{4,5})\b",
    r"\.listen\(\s*(\d{4,5})\b",
    r"\b(?:listen\s*[(:]|serve\(|server\()\s*\{[^{}]{0,400}?\bport\s*:\s*(\d{4,5})\b",
)
_NO_SOURCE: Final = re.compile(
    r"(?:^|/)(?:__tests__|e2e|public|client|frontend|scripts)/|\.(?:test|spec|config|d)\.\w+$"
)


def find_listening(app: App) -> Listening:
    """The one port that the source insists on, if nothing in it asks which it should be."""
    paths = (path for path in app.files.glob(_PORTS.files) if not _NO_SOURCE.search(path))
    return find_port(app.files, _PORTS, app.overrides, paths)
