"""The log of the control plane: lines for the journal, or JSON for a collector of logs."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

from sotabox.model.times import format_time


def configure_log(level: str, form: str) -> None:
    """Sends what is logged to standard error, as text or as json.

    What libraries say for their own makers is left out also at `debug`: the database's repeats each
    statement with its values, such as the password that somebody typed where the address belongs.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonLines() if form == "json" else Lines("%(levelname)s %(name)s: %(message)s")
    )
    chosen = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(level=max(chosen, logging.INFO), handlers=[handler], force=True)
    logging.getLogger("sotabox").setLevel(chosen)
    logging.getLogger("httpx").setLevel(logging.WARNING)


class Lines(logging.Formatter):
    """A line, and a traceback below it where there is one.

    What somebody else wrote may stand in it: that begins no line of its own, which would look like
    ours, and moves no terminal's cursor.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - its parent's name
        return _visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - its parent's name
        return "\n".join(map(_visible, super().formatException(ei).split("\n")))


def _visible(text: str) -> str:
    """`text` with escapes for what would not be seen."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class JsonLines(logging.Formatter):
    """A JSON object a line: `time`, `level`, `logger`, `message`, and what a caller gave as `extra`."""

    _OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": format_time(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in self._OWN}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)
