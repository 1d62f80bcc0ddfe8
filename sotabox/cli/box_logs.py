"""What the box of this server says of itself: of systemd's journal, or of the file beside its data."""

from collections.abc import Iterator
from typing import Final

from sotabox.cli.unit import SYSTEMD, UNIT
from sotabox.errors import BadRequest, NotFound
from sotabox.settings import Settings

SETTINGS: Final = ("data_dir",)
_LINES: Final = "100"


def box_log_command(
    settings: Settings, *, follow: bool, tail: str | None, since: str | None, by_journal: bool
) -> list[str]:
    """The command that prints the log.

    Raises:
        NotFound: there is no such log on this server.
        BadRequest: a file has no times to look for.
    """
    if by_journal:
        lines = ["--no-tail"] if tail == "all" else ["-n", tail or _LINES]
        units = ["-u", "sotabox", "-u", "sotabox-caddy"]
        command = ["journalctl", "-q", "--no-pager", "-o", "short-iso", *units, *lines]
        return [*command, *(["--since", since] if since else []), *(["-f"] if follow else [])]
    file = settings.data_dir / "serve.log"
    if not file.is_file():
        raise NotFound(
            f"There is no {file}: this box was not started by install.sh",
            hint="What sotabox serve says is where its standard error leads.",
        )
    if since:
        raise BadRequest("--since needs systemd's journal; use --tail here")
    first = "+1" if tail == "all" else tail or _LINES
    return ["tail", "-n", first, *(["-F"] if follow else []), "--", str(file)]


def box_lines(
    settings: Settings, *, follow: bool, tail: str | None, since: str | None
) -> Iterator[str]:
    """The lines of the log, as they come where `follow` says so."""
    import subprocess

    command = box_log_command(
        settings,
        follow=follow,
        tail=tail,
        since=since,
        by_journal=SYSTEMD.is_dir() and UNIT.is_file(),
    )
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout or ():
                yield line.rstrip("\n")
        finally:
            process.terminate()
