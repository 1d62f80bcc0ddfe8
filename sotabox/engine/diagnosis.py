"""Why a build or a pull failed, in words for the person whose app it is (pure).

Engines word their errors differently from version to version, so only their structure is matched.
"""

import re
from typing import Final

from sotabox.engine.faults import disk_full, says_no_space
from sotabox.errors import SotaboxError

_EXIT_CODE: Final = re.compile(r"exit code: (\d+)")
_PARSE: Final = re.compile(r"(?:docker)?file parse error (?:on )?line (\d+): (.*)", re.DOTALL)
_SOURCE: Final = re.compile(
    r'"(/[^"]*)"?:? not found|/(?:merged|buildkit-mount\d+)(/\S*): no such file or directory'
)
_NO_DOCKERFILE: Final = re.compile(r"open \S*?([^/\s]+): no such file or directory")
_BASE: Final = re.compile(
    r"(?:load metadata for|resolve image config for|FROM) (?:docker-image://)?(\S+)"
)
_UNREACHED: Final = (
    "no such host",
    "connection refused",
    "i/o timeout",
    "network is unreachable",
    "tls handshake timeout",
    "context deadline exceeded",
    "server misbehaving",
    "no route to host",
    "certificate",
)
_REFUSED: Final = (
    "unauthorized",
    "authentication required",
    "incorrect username or password",
    "denied",
    "no basic auth credentials",
    "insufficient_scope",
    "authorization failed",
    "forbidden",
)
_ABSENT: Final = ("manifest unknown", "not found", "name unknown", "does not exist")


class BuildFailed(Exception):
    """The app's build failed: a result for its owner, not a fault of this box.

    Attributes: exit_code: of the step that failed, None when none did; hint: what to do.
    """

    def __init__(self, message: str, exit_code: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.hint = hint


class PullFailed(BuildFailed):
    """An image that the app is built on can't be had."""


def diagnose_build(
    message: str,
    *,
    step: str | None = None,
    disk_is_full: bool = False,
    no_processes: bool = False,
) -> BuildFailed | SotaboxError:
    """The error for a build that ended with the engine's `message`.

    Args:
        message: `errorDetail.message` of the build's answer.
        step: the name of the step that failed, such as `[2/4] RUN npm ci`.
        disk_is_full: the build's output said so; its own error is then a plain exit code.
        no_processes: the same for processes.
    """
    if disk_is_full or says_no_space(message):
        return disk_full()
    return (
        _exit(message, step, no_processes=no_processes)
        or _parse(message)
        or _no_dockerfile(message)
        or _no_base(message, step)
        or _no_source(message, step)
        or BuildFailed(f"The build failed: {message.strip().rstrip('.')}.")
    )


def diagnose_pull(message: str, ref: str, user: str | None) -> PullFailed | SotaboxError:
    """The error for an image that could not be pulled.

    Args:
        message: the engine's words.
        ref: the image.
        user: with whose credentials it was tried, None without any.
    """
    if says_no_space(message):
        return disk_full()
    said = message.lower().replace(ref.lower(), "")  # a name may hold any of the words below
    if any(words in said for words in _UNREACHED):
        return PullFailed(
            f"The registry of the image '{ref}' can't be reached: {_last(message)}.",
            hint="Check the image's name and this server's network, then deploy again.",
        )
    if user is not None and any(words in said for words in _REFUSED):
        return PullFailed(
            f"The registry refuses the image '{ref}' to the user '{user}'.",
            hint="Check the user's name and password, the right to read this image, and the "
            "image's name.",
        )
    if any(words in said for words in (*_ABSENT, *_REFUSED)):
        return PullFailed(
            f"The image '{ref}' does not exist, or its registry wants a password for it.",
            hint="Check the name and the tag; for a private image add the registry's credentials.",
        )
    return PullFailed(f"The image '{ref}' can't be pulled: {_last(message)}.")


def timed_out(timeout_s: float) -> BuildFailed:
    """The error for a build that was ended by our clock."""
    return BuildFailed(
        f"The build was ended after {timeout_s:g} s.",
        hint="Look in the log for the step that took so long, or raise SOTABOX_BUILD_TIMEOUT_S.",
    )


def out_of_memory(limit_bytes: int, failure: BuildFailed) -> BuildFailed:
    """The error for a build in which the kernel killed something, however its step put that."""
    what = failure.message.partition(" (exit code 137)")[0].rstrip(".")
    return BuildFailed(
        f"The build ran out of memory: builds may use {limit_bytes // 1_000_000} MB. {what}.",
        failure.exit_code,
        hint="Raise SOTABOX_BUILD_MEMORY_MB, or let the build use less memory.",
    )


def _exit(message: str, step: str | None, *, no_processes: bool) -> BuildFailed | None:
    if (found := _EXIT_CODE.search(message)) is None:
        return None
    code = int(found[1])
    what = f"The step '{_command(step)}'" if step else "A step of the build"
    if code == 137:
        return BuildFailed(
            f"{what} was killed (exit code 137), most likely as the build ran out of memory.",
            code,
            hint="Raise SOTABOX_BUILD_MEMORY_MB, or let the build use less memory.",
        )
    if code == 127:
        return BuildFailed(
            f"{what} calls a program that is not there (exit code 127).",
            code,
            hint="The log names it; install it in an earlier step.",
        )
    if no_processes:
        return BuildFailed(
            f"{what} failed with exit code {code}: it could start no more processes.",
            code,
            hint="Look in the log for what starts so many, or raise SOTABOX_BUILD_PIDS.",
        )
    return BuildFailed(f"{what} failed with exit code {code}.", code, hint="The log shows why.")


def _parse(message: str) -> BuildFailed | None:
    if (found := _PARSE.search(message)) is None:
        return None
    return BuildFailed(
        f"The Dockerfile has an error in line {found[1]}: {found[2].strip()}.",
        hint="Correct that line and upload again.",
    )


def _no_dockerfile(message: str) -> BuildFailed | None:
    if "failed to read dockerfile" not in message:
        return None
    found = _NO_DOCKERFILE.search(message)
    return BuildFailed(f"The upload holds no {found[1] if found else 'Dockerfile'}.")


def _no_base(message: str, step: str | None) -> BuildFailed | SotaboxError | None:
    found = _BASE.search(step or "")
    return diagnose_pull(message, found[1], user=None) if found else None


def _no_source(message: str, step: str | None) -> BuildFailed | None:
    if (found := _SOURCE.search(message)) is None:
        return None
    path = (found[1] or found[2]).lstrip("/")
    by = f"the step '{_command(step)}' needs it" if step else "the Dockerfile copies it"
    if "--from=" in by:
        return BuildFailed(
            f"'{path}' does not exist, but {by}.",
            hint="Check the path, and that the stage or image copied from has it.",
        )
    return BuildFailed(
        f"'{path}' is not in the upload, but {by}.",
        hint="Check the path, and that no ignore file leaves it out.",
    )


def _command(step: str) -> str:
    """`RUN npm ci` of `[build 2/4] RUN npm ci`, shortened to one line."""
    text = step.partition("] ")[2] or step
    return text if len(text) <= 120 else f"{text[:119]}…"


def _last(message: str) -> str:
    """The innermost cause of a Go error, which wraps from the left."""
    return message.strip().rstrip(".").rpartition(": ")[2] or message
