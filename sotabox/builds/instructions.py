"""Single instructions of a Dockerfile, quoted such that nothing in them is taken for syntax."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence


def run(command: str, mounts: Sequence[str] = (), *, sourced: Sequence[str] = ()) -> str:
    """A RUN instruction.

    Args:
        mounts: values of its `--mount` flags.
        sourced: ids of secrets that hold variables, read by the shell before the command.
    """
    mounts = (*mounts, *(f"type=secret,id={name}" for name in sourced))
    flags = [f"--mount={mount}" for mount in mounts]
    prefix = "".join(f". /run/secrets/{name} && " for name in sourced)
    text = prefix + (grouped(command) if sourced else command.strip())
    if "\n" in text or "<<" in text or text.startswith(("[", "--")):
        text = json.dumps(["/bin/sh", "-c", text], ensure_ascii=False)
    return " ".join(["RUN", *flags, text])


def grouped(command: str) -> str:
    """`command` such that `&&` may be put before and behind it."""
    command = command.strip()
    if not re.search(r"[|;&\n]", re.sub(r"&&", "", command)):
        return command
    if "\n" in command:
        return f"{{ {command}\n}}"
    bare = re.sub(r"(?<![\\;]);+$", "", command)  # the `\;` that ends a `find -exec` stays
    return f"{{ {bare}; }}"


def install_packages(packages: Sequence[str]) -> str:
    """Debian packages, without a cache mount: the same text for all projects shares one layer."""
    names = " ".join(shlex.quote(name) for name in dict.fromkeys(packages))
    return (
        f"apt-get update && apt-get install -y --no-install-recommends {names} "
        "&& rm -rf /var/lib/apt/lists/*"
    )


def env(values: Mapping[str, str]) -> Iterator[str]:
    """An ENV instruction; none if there are no values."""
    if values:
        yield "ENV " + " ".join(f"{k}={_quote(v, expand=k == 'PATH')}" for k, v in values.items())


def _quote(value: str, *, expand: bool) -> str:
    """A value of an ENV instruction, in which `$` would be expanded; a PATH may extend `$PATH`."""
    if expand and re.fullmatch(r"[\w./:$-]+", value):
        return value
    if re.fullmatch(r"[\w./:@%+,=-]+", value):
        return value
    escaped = re.sub(r'(["\\$])', r"\\\1", value)
    return f'"{escaped}"'


def copy(sources: Sequence[str], target: str, *, stage: str = "", owner: str = "") -> str:
    """A COPY instruction; a directory's content is copied. `$` in a path is not expanded."""
    flags = [f"--chown={owner}"] if owner else []
    flags += [f"--from={stage}"] if stage else []
    paths = [path.replace("$", "\\$") for path in (*sources, target)]
    if any(re.search(r"\s", path) for path in paths):
        paths = [json.dumps(paths, ensure_ascii=False)]
    return " ".join(["COPY", *flags, *paths])


def command(arguments: Sequence[str]) -> str:
    """A CMD instruction in exec form."""
    return f"CMD {json.dumps(arguments, ensure_ascii=False)}"
