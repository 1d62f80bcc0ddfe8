"""One-off commands in the running release."""

from collections.abc import Sequence
from typing import Final

from sotabox.errors import Detail, Invalid
from sotabox.operations.actor import Actor, changeable_project
from sotabox.operations.serving import get_running
from sotabox.pipeline.commands import Command
from sotabox.pipeline.environment import kept_env, todays_env
from sotabox.pipeline.pipeline import Pipeline
from sotabox.settings import Settings
from sotabox.store.store import Store

#: The kernel takes no longer argument, whatever the shell would.
_LENGTH_MAX: Final = 64 * 1024


async def run(
    store: Store,
    pipeline: Pipeline,
    settings: Settings,
    actor: Actor,
    ref: str,
    command: str | Sequence[str],
    timeout_s: int | None,
) -> Command:
    """Starts a command in the image of the running release, with its variables and network.

    Raises:
        Invalid: this is no command, or the image can't run it.
        NothingRunning: there is no running release.
        Conflict: enough of the project's commands are at work.
        EngineUnavailable: nothing can be started now.
    """
    project = await changeable_project(store, actor, ref)
    _check(command, timeout_s, settings.command_timeout_s)
    running = await get_running(store, project)
    await pipeline.require_engine()
    kept = await kept_env(store, running)
    env = await todays_env(store, running) if kept is None else kept
    longest_s = settings.command_timeout_s
    return await pipeline.commands.start(project, running, env, command, timeout_s or longest_s)


def _check(command: str | Sequence[str], timeout_s: int | None, longest_s: int) -> None:
    words = [command] if isinstance(command, str) else list(command)
    problems = {
        "command": _command_problem(words),
        "timeout_s": (
            None
            if timeout_s is None or 1 <= timeout_s <= longest_s
            else f"use 1 to {longest_s} (SOTABOX_COMMAND_TIMEOUT_S)"
        ),
    }
    details = [Detail(field, problem) for field, problem in problems.items() if problem]
    if details:
        text = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"This can't be run: {text}", details=details)


def _command_problem(words: list[str]) -> str | None:
    if not words or not words[0].strip():
        return "say what to run"
    if any("\0" in word for word in words):
        return "a command can't hold a NUL character"
    if any("\ud800" <= c <= "\udfff" for word in words for c in word):
        return "a command must be text that UTF-8 can write"
    if sum(len(word.encode()) for word in words) > _LENGTH_MAX:
        return f"use at most {_LENGTH_MAX // 1024} KiB"
    return None
