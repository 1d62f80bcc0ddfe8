"""Points in time, as the API writes them: RFC 3339, UTC, milliseconds, `Z`."""

from datetime import UTC, datetime


def now() -> str:
    """This instant, such as `2026-03-01T12:00:00.000Z`."""
    return format_time(datetime.now(UTC))


def format_time(moment: datetime) -> str:
    """`moment` (aware) in the API's form; these texts sort by time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """The aware datetime of an RFC 3339 text.

    Raises:
        ValueError: it is none.
    """
    return datetime.fromisoformat(text)
