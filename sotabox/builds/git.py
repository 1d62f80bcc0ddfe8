"""Fetches one commit of a Git repository and packs it as an archive, with the `git` program.

Nothing of a repository is ever checked out: a bare clone of depth one, then `git archive`. So there
is no working tree whose filters, hooks or links could do anything, and submodules are not fetched.
The program gets arguments and an environment of ours alone: no configuration of this machine or of
the repository, no helper that knows passwords, no terminal, one protocol, no redirect, and the
addresses that were judged before, so that a name can't mean another host the second time.

The token is in the environment of the program, which only this user can read, and nowhere else.
"""

import asyncio
import base64
import os
import re
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sotabox.builds.git_diagnosis import GitFailed, diagnose
from sotabox.model.origin import Commit, GitOrigin

_LOOK_EVERY_S: Final = 0.1
_SAID_MAX: Final = 64 * 1024
_OLDEST: Final = (2, 37)  # the first that takes `http.curloptResolve`
_HARDENING: Final = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",  # bytes a second,
    "http.lowSpeedTime": "30",  # seconds
    "http.proxy": "",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.version": "2",
    "submodule.recurse": "false",
    "transfer.bundleURI": "false",
}


@dataclass(frozen=True, slots=True)
class GitLimits:
    """What a fetch may take; `max_bytes` of disk, repository and archive each."""

    timeout_s: float
    max_bytes: int


class GitFetch:
    """One fetch, in a folder of its own that must not exist yet and is the caller's to remove."""

    def __init__(
        self,
        folder: Path,
        origin: GitOrigin,
        token: str | None,
        addresses: Sequence[IPv4Address | IPv6Address],
        limits: GitLimits,
        ca: Path | None = None,
    ) -> None:
        self._folder = folder
        self._repository = folder / "repository"
        self._origin = origin
        self._token = token
        self._limits = limits
        self._environ = environment(folder, origin.url, token, addresses, ca)

    async def run(self) -> tuple[Commit, Path]:
        """The commit, and the archive of its files: of the whole, or of the wanted directory.

        Raises:
            GitFailed: the repository, the ref or the directory is not there, or not for us; it is
                too large, too slow; or this machine has no fit `git`.
        """
        self._folder.mkdir()
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                await self._require_git()
                await self._fetch()
                commit = await self._commit()
                return commit, await self._pack(commit)
        except TimeoutError as error:
            raise GitFailed(
                f"The repository was not fetched within {self._limits.timeout_s:g} s",
                "Deploy again, or make the repository smaller.",
            ) from error

    async def _require_git(self) -> None:
        if shutil.which("git", path=self._environ["PATH"]) is None:
            raise GitFailed(
                "This box has no git", "On the box: apt-get install git. Or upload an archive."
            )
        version = re.search(r"(\d+)\.(\d+)", await self._git("version"))
        if version is None or (int(version[1]), int(version[2])) < _OLDEST:
            raise GitFailed(
                f"This box's git is older than {_OLDEST[0]}.{_OLDEST[1]}",
                "Update git on the box, or upload an archive.",
            )

    async def _fetch(self) -> None:
        self._repository.mkdir()
        await self._git("init", "--quiet", "--bare", "--template=")
        info = self._repository / "info"
        info.mkdir(exist_ok=True)
        # What a release tarball leaves out, an app may need.
        (info / "attributes").write_text("* -export-ignore -export-subst\n", encoding="ascii")
        await self._git(
            "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules",
            "--", self._origin.url, self._origin.ref or "HEAD",
        )  # fmt: skip

    async def _commit(self) -> Commit:
        said = await self._git(
            "show", "--no-patch", "--no-show-signature", "--no-notes",
            "--format=%H%x00%an%x00%cI%x00%s", "FETCH_HEAD^{commit}", "--",
        )  # fmt: skip
        id_, author, committed_at, message = said.strip("\n").split("\0", 3)
        return Commit(
            id=id_,
            author=_line(author, 100),
            committed_at=committed_at,
            message=_line(message, 200),
        )

    async def _pack(self, commit: Commit) -> Path:
        directory = self._origin.directory
        tree = commit.id if directory is None else f"{commit.id}:{directory}"
        if directory is not None:
            kind = await self._git("cat-file", "-t", tree, or_else="nothing")
            if kind.strip() != "tree":
                raise GitFailed(
                    f"There is no directory {directory!r} in commit {commit.id[:12]}",
                    "Check its name; capital letters count.",
                )
        archive = self._folder / "archive.tar.gz"
        await self._git("archive", "--format=tar.gz", f"--output={archive}", tree, "--")
        return archive

    async def _git(self, *arguments: str, or_else: str | None = None) -> str:
        """What `git` printed; `or_else` where it failed."""
        process = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            cwd=self._repository if self._repository.exists() else self._folder,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            printed, said = await self._watched(process)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if process.returncode == 0:
            return printed.decode("utf-8", "replace")
        if or_else is not None:
            return or_else
        text = said.decode("utf-8", "replace")
        raise diagnose(text.replace(self._token, "…") if self._token else text, self._origin)

    async def _watched(self, process: asyncio.subprocess.Process) -> tuple[bytes, bytes]:
        """Reads what a process says, and how much it writes, until it ends."""
        reading = asyncio.gather(_read(process.stdout), _read(process.stderr), process.wait())
        try:
            while not reading.done():
                await asyncio.wait([reading], timeout=_LOOK_EVERY_S)
                if await asyncio.to_thread(_size_bytes, self._folder) > self._limits.max_bytes:
                    raise GitFailed(
                        f"The repository is larger than {self._limits.max_bytes:,} bytes, the most "
                        "that this box fetches",
                        "Only the newest commit counts; large files are better kept elsewhere.",
                    )
            printed, said, _ = await reading
        finally:
            if not reading.done():
                reading.cancel()
                with suppress(asyncio.CancelledError):
                    await reading
        return printed, said


def environment(
    folder: Path,
    url: str,
    token: str | None,
    addresses: Sequence[IPv4Address | IPv6Address],
    ca: Path | None = None,
) -> dict[str, str]:
    """The whole environment of `git`: nothing of this process's own goes in.

    Source: git-config(1), `GIT_CONFIG_COUNT`; git(1), `GIT_ALLOW_PROTOCOL`.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    config = dict(_HARDENING)
    if addresses:
        dialled = ",".join(f"[{a}]" if isinstance(a, IPv6Address) else str(a) for a in addresses)
        config["http.curloptResolve"] = f"{parts.hostname}:{port}:{dialled}"
    if ca is not None:
        config["http.sslCAInfo"] = str(ca)
    if token is not None:
        # Hosts that know tokens take any name before it; who needs a certain one writes NAME:TOKEN.
        pair = token if ":" in token else f"x-access-token:{token}"
        config[f"http.{parts.scheme}://{parts.netloc}/.extraHeader"] = (
            f"Authorization: Basic {base64.b64encode(pair.encode()).decode()}"
        )
    environ = {
        "PATH": os.defpath,
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_ALLOW_PROTOCOL": parts.scheme,
        "GIT_ASKPASS": "/bin/false",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_COUNT": str(len(config)),
        "GIT_TERMINAL_PROMPT": "0",
    }
    for number, (key, value) in enumerate(config.items()):
        environ[f"GIT_CONFIG_KEY_{number}"] = key
        environ[f"GIT_CONFIG_VALUE_{number}"] = value
    return environ


async def _read(stream: asyncio.StreamReader | None) -> bytes:
    """All that comes, of which only the first part is kept: a flood must not fill the memory."""
    kept = bytearray()
    while stream is not None and (piece := await stream.read(16 * 1024)):
        kept += piece[: _SAID_MAX - len(kept)]
    return bytes(kept)


def _size_bytes(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # git renames what it has finished
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - many files
    return total


def _line(text: str, length: int) -> str:
    """One printable line of what a stranger wrote."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:length]
