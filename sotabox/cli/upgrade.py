"""`sotabox upgrade`: another version of this program, while apps go on; back by itself if it fails."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sotabox import __version__
from sotabox.cli.connect import add_output, print_json
from sotabox.cli.failures import DONE, FAILED
from sotabox.cli.options import add_settings, settings_from
from sotabox.settings import Settings

if TYPE_CHECKING:
    from sotabox.cli.upgrades.steps import Known, Upgrader
    from sotabox.upkeep.upgrade import Upgrade

NAME = "upgrade"
HELP = "Replace sotabox by another version; a bad one is taken back."

_SETTINGS: Final = (
    "data_dir", "domain", "listen", "releases", "release_key", "backup_dir", "backup_passphrase_file",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--from", dest="file", type=Path, metavar="FILE", help="take this sotabox.pyz"
    )
    which.add_argument(
        "--version", dest="wanted", default="latest", metavar="VERSION", help="default: latest"
    )
    parser.add_argument("--dry-run", action="store_true", help="look at it, and change nothing")
    parser.add_argument(
        "--no-backup", action="store_true", help="no full backup into SOTABOX_BACKUP_DIR before"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=60,
        metavar="SECONDS",
        help="how long the new one may take until it is ready (default 60)",
    )
    add_output(parser)
    add_settings(parser, _SETTINGS)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = settings_from(arguments, environ)
    from sotabox.cli.upgrades.installation import Installation
    from sotabox.cli.upgrades.service import find_service
    from sotabox.cli.upgrades.steps import Upgrader

    installation = Installation.find(environ)
    upgrader = Upgrader(
        installation=installation,
        service=find_service(installation, settings),
        settings=settings,
        ready_within_s=arguments.timeout,
        say=_narrator(arguments),
    )
    with installation.held():
        if arguments.dry_run:
            return _plan(upgrader, arguments)
        mended = upgrader.mend()
        with _program(arguments, settings) as file:
            outcome = _upgrade(upgrader, file, arguments)
    return _say_outcome(outcome or mended, upgrader.say, as_json=arguments.json)


@contextmanager
def _program(arguments: argparse.Namespace, settings: Settings) -> Iterator[Path]:
    """The file that was asked for, verified where it comes from the net."""
    import tempfile

    from sotabox.assets import release_key
    from sotabox.errors import Invalid, NotFound
    from sotabox.upkeep.releases import fetch_release

    if arguments.file is not None:
        if not arguments.file.is_file():
            raise NotFound(f"There is no file {arguments.file}")
        yield arguments.file
        return
    if not settings.releases:
        raise Invalid(
            "It is not known where releases are",
            hint="Set SOTABOX_RELEASES to their URL, or give a file: --from FILE.",
        )
    own = settings.release_key
    key = own.read_text(encoding="ascii").strip() if own.name else release_key()
    if not key:
        raise Invalid(
            "This sotabox is no release, so it doesn't know who signs them",
            hint="Name a file with their public key in SOTABOX_RELEASE_KEY, or give --from FILE.",
        )
    with tempfile.TemporaryDirectory(prefix="sotabox-release-") as folder:
        yield fetch_release(settings.releases, arguments.wanted, Path(folder), key)


def _plan(upgrader: "Upgrader", arguments: argparse.Namespace) -> int:
    """Looks at the program, and says what would be done."""
    with _program(arguments, upgrader.settings) as file:
        digest = upgrader.installation.stage(file)
        try:
            known = upgrader.examine(digest)
        finally:
            upgrader.installation.clear_stage()
    upgrader.say(f"sotabox {known.version} runs here, and can read this box's database")
    upgrader.say("nothing was changed")
    if arguments.json:
        print_json({"outcome": "planned", "from": __version__, "to": known.version})
    return DONE


def _upgrade(upgrader: "Upgrader", file: Path, arguments: argparse.Namespace) -> "Upgrade | None":
    """Does it; None where what is asked for is in place already."""
    from sotabox.cli.upgrades.installation import digest_of

    installation = upgrader.installation
    before = digest_of(installation.program)
    digest = installation.stage(file)
    if digest == before:
        installation.clear_stage()
        return None
    try:
        known = upgrader.examine(digest)
        upgrader.say(f"sotabox {known.version} runs here")
        _back_up(upgrader, arguments)
    except BaseException:
        installation.clear_stage()
        raise
    return upgrader.switch(_noted(upgrader, known, before, digest))


def _noted(upgrader: "Upgrader", known: "Known", before: str, after: str) -> "Upgrade":
    from sotabox.model.times import now
    from sotabox.store.copies import applied_steps
    from sotabox.upkeep.upgrade import Phase, Upgrade

    return Upgrade(
        phase=Phase.PREPARED,
        before=__version__,
        after=known.version,
        sha256_before=before,
        sha256_after=after,
        steps=applied_steps(upgrader.folders.database),
        started_at=now(),
    )


def _back_up(upgrader: "Upgrader", arguments: argparse.Namespace) -> None:
    """A full backup where backups are set up; the database is copied in any case."""
    settings = upgrader.settings
    if arguments.no_backup or not settings.backup_dir.name:
        return
    from sotabox.upkeep.backup import make_backup
    from sotabox.upkeep.passphrase import read_passphrase

    made = make_backup(
        upgrader.folders,
        settings.backup_dir,
        domain=settings.domain,
        passphrase=read_passphrase(settings.backup_passphrase_file),
    )
    upgrader.say(f"backed up to {made.path} ({made.size_bytes / 1e6:.1f} MB)")


def _say_outcome(upgrade: "Upgrade | None", say: Callable[[str], None], *, as_json: bool) -> int:
    from sotabox.upkeep.upgrade import Phase

    if upgrade is None:
        say(f"sotabox {__version__} is in place already")
        shown = {"outcome": "current", "from": __version__, "to": __version__, "reason": None}
    elif upgrade.phase is Phase.DONE:
        say(f"sotabox {upgrade.after} serves; {upgrade.before} is kept beside it")
        shown = _shown("upgraded", upgrade)
    else:
        say(f"sotabox {upgrade.before} serves again: {upgrade.reason}")
        shown = _shown("returned", upgrade)
    if as_json:
        print_json(shown)
    return FAILED if shown["outcome"] == "returned" else DONE


def _shown(outcome: str, upgrade: "Upgrade") -> dict[str, str | None]:
    return {
        "outcome": outcome,
        "from": upgrade.before,
        "to": upgrade.after,
        "reason": upgrade.reason,
    }


def _narrator(arguments: argparse.Namespace) -> Callable[[str], None]:
    """Tells a person what happens; a terminal that is gone ends nothing."""
    out = sys.stderr if arguments.json else sys.stdout
    began = time.monotonic()

    def say(text: str) -> None:
        try:
            print(f"  {time.monotonic() - began:5.1f} s  {text}", file=out, flush=True)
        except OSError:  # the login that began this has ended
            return

    return say
