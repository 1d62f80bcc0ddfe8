"""Start commands: where they listen, and the form in which an image runs them."""

import re
import shlex
from typing import Final

#: `-p 3000`, `--port=3000`, `-b 0.0.0.0:3000`, `--bind :3000`: options that name a port.
_OPTION: Final = re.compile(
    r"(?P<option>(?<!\S)(?<!mkdir )(?:-p|-P|--port|--server\.port|--http-port)(?:\s+|=)"
    r"|(?<!\S)(?:-b|-l|--bind|--listen|--addr|--address|--urls)(?:\s+|=)"
    r"(?:tcp://|https?://)?[\w.*\[\]-]*:)"
    r"(?P<port>\d{2,5})(?!\S)"
)
#: `-H localhost`, `--host=127.0.0.1`, `-b 127.0.0.1:8000`: where only the container itself hears.
_LOOPBACK: Final = re.compile(
    r"(?<!\S)(?:-H|-b|-l|-o|--host|--hostname|--bind|--listen|--addr|--address|--server\.address|--ip"
    r"|--urls)(?:\s+|=)(?:tcp://|https?://)?(?P<host>localhost|127\.0\.0\.1)(?=[:\s]|$)"
)
_ASSIGNED: Final = re.compile(r"(?<!\S)PORT=(?P<port>\d{2,5})(?=\s)")
#: What only a shell understands; without any of it a command is a plain list of words.
_SHELL: Final = re.compile(r"[$`|&;<>()*?\[\]#~!{}\n\\]")
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
#: Shell syntax before which `exec` would be wrong or would end too early.
_COMPOUND: Final = re.compile(r"[|&;<>()\n`]|^\s*(?:exec|if|for|while|cd|\.|source|set|export)\b")


def replace_port(command: str) -> tuple[str, int | None]:
    """`command` with a literal port turned into `$PORT`, and that port.

    >>> replace_port("next start -p 3000")
    ('next start -p $PORT', 3000)

    `PORT=3000 node x` loses its assignment: the box sets PORT.
    """
    if assigned := _ASSIGNED.search(command):
        shortened = (command[: assigned.start()] + command[assigned.end() :]).replace("  ", " ")
        return shortened.strip(), int(assigned["port"])
    if option := _OPTION.search(command):
        return f"{command[: option.start('port')]}$PORT{command[option.end('port') :]}", int(
            option["port"]
        )
    return command, None


def replace_loopback(command: str) -> tuple[str, str | None]:
    """`command` with a loopback address that it binds turned into 0.0.0.0, and that address.

    >>> replace_loopback("json-server db.json --host localhost")
    ('json-server db.json --host 0.0.0.0', 'localhost')
    """
    if found := _LOOPBACK.search(command):
        everywhere = "0.0.0.0"  # noqa: S104 - the container's own interfaces
        before, after = command[: found.start("host")], command[found.end("host") :]
        return f"{before}{everywhere}{after}", found["host"]
    return command, None


def exec_form(command: str) -> list[str]:
    """`command` as the argument list of an image's CMD.

    A plain command is run directly; one that needs a shell replaces that shell where it can, so
    that signals reach the app and not its shell.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if words and not _SHELL.search(command) and not _ASSIGNMENT.match(words[0]):
        return words
    if _COMPOUND.search(_unquoted(command)):
        return ["/bin/sh", "-c", command]
    prefix = "exec env " if _ASSIGNMENT.match(command) else "exec "
    return ["/bin/sh", "-c", prefix + command]


def _unquoted(command: str) -> str:
    """`command` without what stands in quotes, where syntax is only text."""
    return re.sub(r"'[^']*'|\"(?:\\.|[^\"\\])*\"", "''", command)
