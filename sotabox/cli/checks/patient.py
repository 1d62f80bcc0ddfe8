"""The box that is looked at, with the parts that checks ask."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sotabox.cli.addresses import router_settings
from sotabox.cli.checks.finding import Fix
from sotabox.cli.unit import SYSTEMD, UNIT
from sotabox.cli.wait import wait_until_ready
from sotabox.engine.client import Engine
from sotabox.router.admin import Admin
from sotabox.router.terms import RouterSettings
from sotabox.settings import Settings
from sotabox.store.folders import Folders

_READY_WITHIN_S: Final = 30


@dataclass(frozen=True, slots=True)
class Patient:
    """A box on this host; `environ` is that of the command."""

    settings: Settings
    environ: Mapping[str, str]
    folders: Folders
    instance_id: str
    router: RouterSettings
    engine: Engine
    admin: Admin

    @property
    def restart(self) -> str:
        """The command that starts the control plane anew; apps and Caddy go on meanwhile."""
        if SYSTEMD.is_dir():
            return "sudo systemctl restart sotabox"
        return f"sotabox serve --data-dir {self.folders.root}"

    def restarting(self) -> Fix | None:
        """Does so, and returns when it is ready; None where it is no service of this host's."""
        return self._restart if UNIT.is_file() and SYSTEMD.is_dir() else None

    async def _restart(self) -> None:
        process = await asyncio.create_subprocess_exec("systemctl", "restart", "sotabox")
        try:
            await asyncio.wait_for(process.wait(), _READY_WITHIN_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        await asyncio.to_thread(wait_until_ready, *self.settings.listen_address, _READY_WITHIN_S)


@asynccontextmanager
async def admitted(settings: Settings, environ: Mapping[str, str]) -> AsyncIterator[Patient]:
    """The box of `settings` for the time of the block."""
    folders = Folders(settings.data_dir)
    instance_id = (folders.root / "instance-id").read_text(encoding="ascii").strip()
    router = router_settings(settings)
    engine = Engine(settings.docker_host, instance_id)
    admin = Admin(router.files.admin_socket)
    try:
        yield Patient(settings, environ, folders, instance_id, router, engine, admin)
    finally:
        await admin.close()
        await engine.close()
