"""The engine room of one box, as the tests of this folder use it."""

import io
import re
import secrets
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from sotabox.engine.build import BuildRequest
from sotabox.engine.client import Engine
from sotabox.engine.containers import Containers
from sotabox.engine.images import Images
from sotabox.engine.labels import Role, labels_of
from sotabox.engine.networks import Networks
from sotabox.engine.session import Session
from sotabox.model.ids import new_deployment_id

POOL = IPv4Network("10.214.0.0/16")


Run = Callable[..., Awaitable[str]]


def _ignore(line: str) -> None:
    """Nobody reads this build's log."""


@dataclass
class Box:
    """The engine room of one box."""

    engine: Engine
    images: Images
    containers: Containers
    networks: Networks
    instance_id: str
    busybox: str

    async def build(
        self,
        dockerfile: str,
        files: Mapping[str, bytes] | None = None,
        *,
        on_line: Callable[[str], None] = _ignore,
        session: Session | None = None,
        timeout_s: float = 60,
        tag: str | None = None,
        build_args: Mapping[str, str] | None = None,
    ) -> str:
        """The id of an image of this box, built from a Dockerfile with `BASE` in it."""
        deployment_id = new_deployment_id()
        return await self.images.build(
            context(self._filled(dockerfile), files or {}),
            BuildRequest(
                tag=tag or f"{self.instance_id}:{deployment_id[:8]}",
                labels=labels_of(
                    self.instance_id, Role.IMAGE, project_id="p1", deployment_id=deployment_id
                ),
                build_id=deployment_id,
                build_args=build_args or {},
            ),
            session=session,
            on_line=on_line,
            timeout_s=timeout_s,
        )

    def _filled(self, dockerfile: str) -> str:
        """The Dockerfile with its base, and with steps that no earlier run has cached."""
        nonce = secrets.token_hex(8)
        fresh = re.sub(
            r"^(FROM BASE.*)$", rf"\1\nENV TEST_RUN={nonce}", dockerfile, flags=re.MULTILINE
        )
        return fresh.replace("BASE", self.busybox)


async def context(dockerfile: str, files: Mapping[str, bytes]) -> AsyncIterator[bytes]:
    """A build context in two pieces, the Dockerfile first."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in {"Dockerfile": dockerfile.encode(), **files}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    body = raw.getvalue()
    yield body[: len(body) // 2]
    yield body[len(body) // 2 :]
