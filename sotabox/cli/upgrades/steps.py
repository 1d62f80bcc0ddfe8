"""An upgrade as steps in their order, each repeatable; and the way back."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from sotabox.cli.upgrades.installation import Installation, digest_of
from sotabox.cli.upgrades.service import Service
from sotabox.cli.wait import find_problem
from sotabox.errors import Conflict, Invalid, SotaboxError
from sotabox.settings import Settings
from sotabox.store.copies import applied_steps, copy_database
from sotabox.store.folders import Folders
from sotabox.store.hold import held
from sotabox.upkeep.upgrade import (
    Mend,
    Phase,
    Seen,
    Upgrade,
    database_copy,
    next_mend,
    put_back_database,
    read_upgrade,
    unreadable_steps,
    write_upgrade,
)

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Known(msgspec.Struct, frozen=True):
    """What a program says of itself (`sotabox self-check`)."""

    version: str
    schema: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrader:
    """Replaces the program of a server. `say` tells a person what happens."""

    installation: Installation
    service: Service
    settings: Settings
    ready_within_s: float
    say: Callable[[str], None]

    @property
    def folders(self) -> Folders:
        return Folders(self.settings.data_dir)

    def examine(self, digest: str) -> Known:
        """What the staged program says of itself.

        Raises:
            Invalid: it doesn't run here.
            Conflict: it knows less of the schema than the database has.
        """
        self.installation.unpack(digest)
        try:
            text = self.installation.ask(digest, "self-check")
            known = msgspec.json.decode(text, type=Known)
        except msgspec.DecodeError as error:
            raise Invalid("The new file is no sotabox: its self-check says nothing") from error
        unknown = unreadable_steps(applied_steps(self.folders.database), known.schema)
        if unknown:
            raise Conflict(
                f"sotabox {known.version} can't read this box's database: {', '.join(unknown)} is "
                "unknown to it",
                hint="Restore the backup from before those steps with that version instead.",
            )
        return known

    def switch(self, upgrade: Upgrade) -> Upgrade:
        """From a staged program to one that is ready; or back, with the reason.

        Raises:
            SotaboxError: neither got ready; the next `sotabox upgrade` tries again to go back.
        """
        with _undisturbed():
            self._note(upgrade, Phase.PREPARED)
            self._note(upgrade, Phase.STOPPED)
            try:
                self._copy()
                upgrade = self._note(upgrade, Phase.SWITCHED)
                self.installation.keep_before()
                self.installation.put_in_place(self.installation.staged, upgrade.sha256_after)
                self.service.start()
                self.service.wait(self.ready_within_s)
            except (SotaboxError, OSError) as error:
                words = self.service.last_words().strip()
                reason = f"{error}: {words.splitlines()[-1]}" if words else str(error)
                return self.go_back(msgspec.structs.replace(upgrade, reason=reason))
            return self.confirm(upgrade)

    def _copy(self) -> None:
        """Copies the database once nobody writes to it any more."""
        self.service.stop()
        copy = database_copy(self.folders)
        copy.unlink(missing_ok=True)
        with held(self.settings.data_dir):
            copy_database(self.folders.database, copy)
        os.sync()

    def confirm(self, upgrade: Upgrade) -> Upgrade:
        """Notes that the new program is ready."""
        upgrade = self._note(upgrade, Phase.DONE)
        self._settle()
        return upgrade

    def _settle(self) -> None:
        """Clears away what an upgrade needed; what a kill leaves of it, the next one clears away."""
        self.installation.settle()
        self.installation.note_running()
        self.installation.clear_stage()
        self.installation.clear_unpacked()

    def go_back(self, upgrade: Upgrade) -> Upgrade:
        """The program before, with its database, ready again.

        Raises:
            SotaboxError: it is not ready.
        """
        self.say(f"sotabox {upgrade.after} does not get ready, so {upgrade.before} comes back")
        upgrade = self._note(upgrade, Phase.RETURNING)
        installation = self.installation
        self.service.stop()
        with held(self.settings.data_dir):
            put_back_database(self.folders, upgrade)
        if digest_of(installation.program) != upgrade.sha256_before:
            installation.put_in_place(installation.before, upgrade.sha256_before)
        self.service.start()
        self.service.wait(self.ready_within_s)
        upgrade = self._note(upgrade, Phase.RETURNED)
        self._settle()
        return upgrade

    def mend(self) -> Upgrade | None:
        """Ends an upgrade that was cut off, one way or the other; None where there is none.

        Raises:
            SotaboxError: it can't be ended.
        """
        upgrade = read_upgrade(self.folders)
        ready = find_problem(*self.settings.listen_address) is None
        seen = Seen(digest_of(self.installation.program), ready)
        what = next_mend(upgrade, seen)
        if upgrade is None or what is Mend.NOTHING:
            return None
        self.say(f"the upgrade to {upgrade.after} was cut off: {what}")
        with _undisturbed():
            match what:
                case Mend.CONFIRM:
                    return self.confirm(upgrade)
                case Mend.GO_BACK:
                    reason = upgrade.reason or "the upgrade was cut off"
                    return self.go_back(msgspec.structs.replace(upgrade, reason=reason))
                case Mend.START:
                    self.service.start()
                    self.service.wait(self.ready_within_s)
            upgrade = msgspec.structs.replace(upgrade, reason="it was cut off")
            upgrade = self._note(upgrade, Phase.RETURNED)
            self._settle()
            return upgrade

    def _note(self, upgrade: Upgrade, phase: Phase) -> Upgrade:
        noted = msgspec.structs.replace(upgrade, phase=phase)
        write_upgrade(self.folders, noted)
        return noted


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets neither Ctrl-C nor the end of a login cut the block off; it bounds its own time.

    Handlers, not SIG_IGN: what is started meanwhile would inherit that.
    """
    before = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
