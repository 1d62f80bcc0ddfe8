"""Which registries let a project's pulls and builds in: what its owner keeps on the box, what the box
keeps for all, and what the machine's owner gave to Docker itself, with `docker login`.
"""  # noqa: D205

import base64
import binascii
import json
import logging
from pathlib import Path

from sotabox.model.project import Project
from sotabox.settings import Settings
from sotabox.store.store import Store

_logger = logging.getLogger(__name__)


class Keyring:
    """Finds credentials of registries."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store

    async def of(self, project: Project) -> dict[str, tuple[str, str]]:
        """User and password by registry, for a project: the nearest to it counts."""
        kept = await self._store.registries.credentials(project.user_id)
        return {**read_credentials(self._settings.docker_config), **kept}

    async def of_box(self) -> dict[str, tuple[str, str]]:
        """User and password by registry, of those that hold for everybody."""
        kept = await self._store.registries.credentials(user_id="")
        return {**read_credentials(self._settings.docker_config), **kept}

    async def trusted(self) -> frozenset[str]:
        """The registries that the box's admin has named."""
        box = {registry.host for registry in await self._store.registries.of_box()}
        return frozenset(box | read_credentials(self._settings.docker_config).keys())


def read_credentials(path: Path) -> dict[str, tuple[str, str]]:
    """User and password by registry, from Docker's client configuration.

    An absent file holds none. Entries kept in a credential store of the system are not there to be
    read and are left out.

    Source: Docker's `config.json`, `auths`.
    """
    try:
        auths = json.loads(path.read_text(encoding="utf-8")).get("auths", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        _logger.warning("%s can't be read, private images can't be pulled: %s", path, error)
        return {}
    return {
        registry: pair
        for registry, entry in auths.items()
        if (pair := _read_entry(entry)) is not None
    }


def _read_entry(entry: object) -> tuple[str, str] | None:
    text = entry.get("auth", "") if isinstance(entry, dict) else ""
    try:
        user, colon, password = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return None
    return (user, password) if user and colon else None
