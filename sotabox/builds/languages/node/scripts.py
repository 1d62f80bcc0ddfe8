"""Scripts of `package.json`, followed to the command that they end in, fit for production.

A start script is run without its manager: npm would swallow the stop signal and hold 40 MB.
"""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node.manifest import Manifest

_DEPTH: Final = 6
#: `npm run x`, `npm start`, `yarn x`, `pnpm run x`, `bun run x`: another script and nothing more.
_OTHER: Final = re.compile(
    r"(?:npm|pnpm|yarn|bun)(?P<run>\s+run(?:-script)?)?(?:\s+(?:-s|--silent))?\s+(?P<name>[\w:.-]+)"
)
#: A part of a start script that builds: `npm run compile`, `tsc -p .`, `next build`.
_BUILDS: Final = re.compile(
    r"(?:npm|pnpm|yarn|bun)(?:\s+run)?\s+(?:build|compile)[\w:-]*"
    r"|(?:npx\s+)?(?:tsc|tsc-alias|[\w-]+\s+build)(?:\s[^&|;]*)?"
)
#: Programs that only start another one, and may be development dependencies.
_WRAPPERS: Final = (
    (re.compile(r"^cross-env(?:-shell)?\s+"), ""),
    (re.compile(r"^(?:npx|pnpm exec|yarn exec|pnpx|pnpm dlx)\s+(?:--no-install\s+)?(?=[\w@])"), ""),
    (re.compile(r"^dotenv(?:x run)?(?:\s+-[ef]\s+\S+)*\s+--\s+"), ""),
)
#: nodemon's own options, before the file or the command that it watches.
_NODEMON: Final = (
    r"\bnodemon(?:\s+(?:-[qILV]|--(?:watch|ext|ignore|delay|signal)[ =]\S+|-[wei]\s+\S+"
    r"|--(?!exec)[\w-]+))*"
)
_WATCHERS: Final = tuple((re.compile(pattern), replacement) for pattern, replacement in (
    (_NODEMON + r"\s+(?:--exec|-x)[ =](?P<quote>['\"]?)(?P<inner>[^'\"]+)(?P=quote)", r"\g<inner>"),
    (_NODEMON + r"\s+(?=\S+\.(?:ts|mts|cts)\b)", "ts-node "),
    (_NODEMON + r"(?=\s+\S)", "node"),
    (r"(?<![\w-])(?:node-dev|supervisor)\b", "node"),
    (r"\b(?:ts-node-dev|tsnd)(?:\s+--(?:respawn|clear|transpile-only|exit-child))*(?=\s)", "ts-node"),
    (r"\btsx\s+watch(?:\s+--[\w-]+(?:=\S+)?)*(?=\s)", "tsx"),
    (r"(?<=\s)--watch(?:-path(?:=|\s+)\S+|-preserve-output)?\s+(?=\S)", ""),
    (r"\bbun(?:\s+run)?\s+--(?:watch|hot)\b", "bun"),
))  # fmt: skip
#: Programs that leave a server in the background: the container would end with them.
_DAEMONS: Final = (
    (re.compile(r"\bpm2 start\b(?!.*--no-daemon)"), "pm2-runtime start"),
    (re.compile(r"\bforever start\b"), "forever"),
)
_ENV_FILE: Final = re.compile(r"(?<=\s)--env-file(?:-if-exists)?(?:=|\s+)\S+\s*")


@dataclass(frozen=True, slots=True)
class Script:
    """The command that a script comes to; what of it builds; what was changed, for the plan's notes."""

    command: str
    notes: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()


def follow_script(manifest: Manifest, name: str) -> Script | None:
    """The script `name` as a command for production; None if there is no such script."""
    command = manifest.scripts.get(name, "").strip()
    if not command:
        return None
    notes: list[str] = []
    builds: list[str] = []
    for _ in range(_DEPTH):
        command = _cleaned(_without_builds(command, builds), notes)
        other = _OTHER.fullmatch(command)
        target = other["name"] if other else ""
        if not target or target == name or target not in manifest.scripts:
            break
        command = manifest.scripts[target].strip()
    if builds:
        notes.insert(0, "The start script builds first; the image holds what that makes")
    return Script(command, tuple(notes), tuple(builds))


def reachable_text(manifest: Manifest, name: str) -> str:
    """All the commands that the script `name` may run, with its `pre` and `post` scripts."""
    seen: dict[str, str] = {}
    waiting = [name]
    while waiting:
        script = waiting.pop()
        for variant in (f"pre{script}", script, f"post{script}"):
            if variant in manifest.scripts and variant not in seen:
                text = seen[variant] = manifest.scripts[variant]
                words = re.findall(r"[\w:.-]+", text)
                waiting += [word for word in words if word in manifest.scripts]
    return "\n".join(seen.values())


def program_of(command: str) -> str:
    """The program that a command starts, without assignments before it and its directory."""
    for word in _words(command):
        if not re.match(r"[A-Za-z_]\w*=", word):
            return word.rpartition("/")[2]
    return ""


def is_plain_node(command: str) -> bool:
    """Whether the command is `node` on a file: nothing of the development tools is needed."""
    return program_of(command) == "node" and not re.search(r"[|&;]", command) and not re.search(
        r"(?:ts-node|tsx|esbuild-register|@swc-node|babel)", command
    )  # fmt: skip


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def _without_builds(command: str, builds: list[str]) -> str:
    """`command` without the parts that build, which go to `builds`; the last part starts the app."""
    *before, last = re.split(r"\s*&&\s*", command)
    kept = [part for part in before if not _BUILDS.fullmatch(part)]
    builds += [part for part in before if part not in kept]
    return " && ".join([*kept, last])


def _cleaned(command: str, notes: list[str]) -> str:
    for pattern, replacement in _WRAPPERS:
        command = pattern.sub(replacement, command).strip()
    for pattern, replacement in _WATCHERS:
        changed = pattern.sub(replacement, command).strip()
        if changed != command:
            notes.append(f"The start script watches files ({command}); {changed} runs instead")
            command = changed
    for pattern, replacement in _DAEMONS:
        changed = pattern.sub(replacement, command)
        if changed != command:
            notes.append(f"The start script leaves its server ({command}); {changed} stays with it")
            command = changed
    changed = _ENV_FILE.sub("", command).strip()
    if changed != command:
        notes.append("Files .env are not sent; the project's variables take their place")
    return changed
