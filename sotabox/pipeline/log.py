"""A deployment's log as the pipeline writes it: prefixed, and with secrets masked."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from sotabox.store.logs import LogWriter

MASK: Final = "••••••"
_SHORTEST_SECRET: Final = 4
_LONG_SECRET: Final = 8
#: Values that are settings rather than secrets; masking these words would garble every log.
_PLAIN: Final = re.compile(
    r"(?i)true|false|none|null|auto|info|debug|warn(ing)?|error|production|development|staging|test"
    r"|localhost|0\.0\.0\.0|127\.0\.0\.1|utf-?8|\d{1,5}"
)


class DeploymentLog:
    """Writes lines under `[build]` and `[deploy]`, the prefixes that the clients know."""

    def __init__(self, writer: LogWriter, secrets: Iterable[str] = ()) -> None:
        self._writer = writer
        self._secrets = pattern_of(secrets)

    def mask(self, secrets: Mapping[str, str]) -> None:
        """Hides the values of these variables from here on."""
        self._secrets = pattern_of(secrets.values())

    def build(self, *lines: str) -> None:
        """Says something about the build."""
        self._append("build", lines)

    def deploy(self, *lines: str) -> None:
        """Says something about start, health check, swap."""
        self._append("deploy", lines)

    def _append(self, prefix: str, lines: Iterable[str]) -> None:
        parts = [part for line in lines for part in (line.splitlines() or [""])]
        self._writer.append([f"[{prefix}] {self.masked(part)}".rstrip() for part in parts])

    def masked(self, text: str) -> str:
        """`text` without any value that was to be masked."""
        return self._secrets.sub(MASK, text) if self._secrets else text


def pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """What to look for in lines so as to hide `values`, line by line and longest first."""
    parts = {line.strip() for value in values for line in value.splitlines()}
    secret = [p for p in parts if len(p) >= _SHORTEST_SECRET and not _PLAIN.fullmatch(p)]
    if not secret:
        return None
    return re.compile("|".join(map(_literal, sorted(secret, key=len, reverse=True))))


def _literal(secret: str) -> str:
    """Finds `secret`: a long one anywhere, a short one as a word, as it is part of others."""
    literal = re.escape(secret)
    return literal if len(secret) >= _LONG_SECRET else rf"(?<!\w){literal}(?!\w)"
