"""From a Git repository to a deployment's archive; from there on it is one like any other.

The archive is put in its place last, so that whatever cuts the fetch off, the next try begins anew;
once it is there, builds and repairs never need the repository, nor its token, again.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from sotabox.builds.git import GitFetch, GitLimits
from sotabox.builds.git_diagnosis import GitFailed
from sotabox.fault_points import FaultPoint, reach
from sotabox.model.deployment import Deployment
from sotabox.model.origin import Commit, GitOrigin
from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.log import DeploymentLog
from sotabox.settings import Settings
from sotabox.store.store import Store

#: The addresses to dial for a host and port. Raises `Invalid` where nothing of ours may go there.
Judge: TypeAlias = Callable[[str, int], Awaitable[Sequence[IPv4Address | IPv6Address]]]


class Fetcher:
    """Fetches the commits of deployments from Git."""

    def __init__(self, settings: Settings, store: Store, judge: Judge) -> None:
        self._settings = settings
        self._store = store
        self._judge = judge

    async def check(self, url: str) -> None:
        """Says before a deployment is made whether its repository may be asked at all.

        Raises:
            Invalid: the host has no address, or one that is not for us.
        """
        await self._addresses(url)

    def is_needed(self, deployment: Deployment) -> bool:
        """Whether the files of a deployment are still at their repository only."""
        return (
            isinstance(deployment.origin, GitOrigin)
            and not self._store.folders.archive(deployment.id).exists()
        )

    async def fetch(self, deployment: Deployment, log: DeploymentLog) -> Commit:
        """Makes the archive of a deployment that comes from Git; the commit that it holds.

        Raises:
            DeploymentFailed: the repository does not give it.
        """
        origin = deployment.origin
        if not isinstance(origin, GitOrigin):
            raise TypeError("this deployment does not come from Git")
        token = await self._store.git_tokens.find(deployment.id)
        if token is not None:
            log.mask({"token": token})
        log.build(f"Fetching {origin.ref or 'the default branch'} of {origin.url}")
        folder = self._store.folders.trees / f"{deployment.id}.git"
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        ca = self._settings.build_ca
        try:
            fetch = GitFetch(
                folder,
                origin,
                token,
                await self._addresses(origin.url),
                GitLimits(self._settings.git_timeout_s, self._settings.unpacked_max_bytes),
                ca if ca.name else None,
            )
            commit, archive = await fetch.run()
            await self._store.deployments.record(
                deployment.id, origin=msgspec.structs.replace(origin, commit=commit)
            )
            archive.replace(self._store.folders.archive(deployment.id))
            reach(FaultPoint.SOURCE_FETCHED)
        except GitFailed as error:
            raise DeploymentFailed(error.reason, hint=error.hint) from error
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        log.build(f"Fetched {commit.id[:12]} by {commit.author}: {commit.message}")
        return commit

    async def _addresses(self, url: str) -> Sequence[IPv4Address | IPv6Address]:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return await self._judge(parts.hostname or "", port)
