"""What a Dockerfile refers to: the images that it needs, the port that it exposes.

Pure and tolerant: the engine is the judge of syntax; what is unreadable here is left out, and the
build's session or its error takes care of it.

Source: the Dockerfile reference (parser directives, `ARG` before `FROM`, here-documents, `EXPOSE`).
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

_DIRECTIVE: Final = re.compile(r"#\s*(?P<name>[a-z]+)\s*=\s*(?P<value>\S+)\s*", re.IGNORECASE)
_HEREDOC: Final = re.compile(r"<<-?\s*(?P<quote>['\"]?)(?P<word>[A-Za-z_][A-Za-z0-9_]*)(?P=quote)")
_VARIABLE: Final = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?:(?P<op>:?[-+?])(?P<word>[^}]*))?\})"
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in upper case, its flags (`--from=x` as `from`), the rest."""

    name: str
    flags: tuple[tuple[str, str], ...]
    rest: str


@dataclass(slots=True)
class _Stage:
    """A stage while reading: its name and its variables."""

    name: str
    variables: dict[str, str]
    ports: list[str] = field(default_factory=list)


def images_named(text: str, build_args: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The images that a build of the Dockerfile may need, in order, each once.

    From `FROM`, `COPY --from=`, `RUN --mount=…,from=` and a `# syntax=` line; not `scratch`, not
    names and numbers of earlier stages, nothing whose variables have no value.
    """
    return tuple(image for image in _all_named(text, build_args) if "$" not in image)


def unreadable_images(text: str, build_args: Mapping[str, str] | None = None) -> tuple[str, ...]:
    r"""The names of images whose variables have no value here; the build may still know one.

    >>> unreadable_images("ARG A\nFROM $A\nCOPY --from=base / /")
    ('$A',)
    """
    return tuple(image for image in _all_named(text, build_args) if "$" in image)


def _all_named(text: str, build_args: Mapping[str, str] | None) -> tuple[str, ...]:
    given = dict(build_args or {})
    images: list[str] = []
    if syntax := _directives(text).get("syntax"):
        images.append(syntax)
    outer: dict[str, str] = {}
    stages: list[str] = []
    for instruction in read_instructions(text):
        if instruction.name == "ARG" and not stages:
            _declare(instruction, outer, given)
        elif instruction.name == "FROM":
            image, name = _from(instruction, outer)
            if image and image.lower() not in stages:
                images.append(image)
            stages.append(name.lower())
        else:
            images.extend(
                source
                for source in _sources(instruction)
                if source.lower() not in stages and not source.isdigit()
            )
    return tuple(dict.fromkeys(image for image in images if image.lower() != "scratch"))


def exposed_port(text: str, build_args: Mapping[str, str] | None = None) -> int | None:
    """The port of the first `EXPOSE` of the final stage, else of any; never a UDP one."""
    given = dict(build_args or {})
    outer: dict[str, str] = {}
    stages: list[_Stage] = []
    for instruction in read_instructions(text):
        if instruction.name == "FROM":
            image, name = _from(instruction, outer)
            parent = next((s for s in reversed(stages) if s.name == image.lower()), None)
            stages.append(_Stage(name.lower(), dict(parent.variables) if parent else {}))
        elif instruction.name == "ARG":
            _declare(instruction, stages[-1].variables if stages else outer, given | outer)
        elif instruction.name == "ENV" and stages:
            stages[-1].variables.update(_assignments(instruction.rest, stages[-1].variables))
        elif instruction.name == "EXPOSE" and stages:
            stages[-1].ports.extend(_expand(instruction.rest, stages[-1].variables).split())
    if not stages:
        return None
    candidates = [*stages[-1].ports, *(port for stage in stages for port in stage.ports)]
    return next((port for text in candidates if (port := _tcp_port(text))), None)


def read_instructions(text: str) -> Iterator[Instruction]:
    """The Dockerfile's instructions, continuations joined, comments and here-documents left out."""
    escape = _directives(text).get("escape", "\\")
    lines = iter(text.removeprefix("\ufeff").splitlines())
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        joined = line.strip()
        while joined.endswith(escape):
            joined = joined[: -len(escape)]
            for following in lines:
                if following.strip() and not following.lstrip().startswith("#"):
                    joined += following.strip()
                    break
            else:
                break
        instruction = _parse(joined)
        if instruction.name in {"RUN", "COPY", "ADD"}:
            for heredoc in _HEREDOC.finditer(instruction.rest):
                for content in lines:
                    if content.strip("\t") == heredoc["word"]:
                        break
        yield instruction


def _parse(line: str) -> Instruction:
    name, _, rest = line.partition(" ")
    flags = []
    rest = rest.strip()
    while match := re.match(r"--([a-z-]+)(?:=(\S+))?\s*", rest):
        flags.append((match[1], (match[2] or "").strip("\"'")))
        rest = rest[match.end() :]
    return Instruction(name.upper(), tuple(flags), rest)


def _directives(text: str) -> dict[str, str]:
    """The parser directives: comments of a certain form before everything else."""
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        match = _DIRECTIVE.fullmatch(line.strip())
        if not match:
            break
        found.setdefault(match["name"].lower(), match["value"])
    return found


def _from(instruction: Instruction, variables: Mapping[str, str]) -> tuple[str, str]:
    words = [_expand(word, variables).strip("\"'") for word in instruction.rest.split()]
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    return (words[0] if words else ""), name


def _sources(instruction: Instruction) -> Iterator[str]:
    """Names after `from=` in the flags of one instruction."""
    for flag, value in instruction.flags:
        if flag == "from" and instruction.name in {"COPY", "ADD"}:
            yield value
        elif flag == "mount" and instruction.name == "RUN":
            options = dict(part.partition("=")[::2] for part in value.split(","))
            if "from" in options:
                yield options["from"].strip("\"'")


def _declare(instruction: Instruction, variables: dict[str, str], given: Mapping[str, str]) -> None:
    for word in _words(instruction.rest):
        name, has_default, default = word.partition("=")
        if name in given:
            variables[name] = given[name]
        elif has_default:
            variables[name] = _expand(default, variables)


def _assignments(rest: str, variables: Mapping[str, str]) -> dict[str, str]:
    words = _words(rest)
    if words and "=" not in words[0]:  # the old form: ENV NAME the whole rest
        return {words[0]: _expand(" ".join(words[1:]), variables)}
    pairs = (word.partition("=") for word in words if "=" in word)
    return {name: _expand(value, variables) for name, _, value in pairs}


def _words(rest: str) -> list[str]:
    try:
        return shlex.split(rest)
    except ValueError:
        return rest.split()


def _expand(text: str, variables: Mapping[str, str]) -> str:
    """`$x`, `${x}`, `${x:-y}`, `${x:+y}` replaced; what has no value stays as it is."""

    def value(match: re.Match[str]) -> str:
        known = variables.get(match["bare"] or match["name"])
        operator, word = match["op"] or "", match["word"] or ""
        present = known is not None and (known != "" or ":" not in operator)
        if operator.endswith("-"):
            return known if present and known is not None else _expand(word, variables)
        if operator.endswith("+"):
            return _expand(word, variables) if present else ""
        return match[0] if known is None else known

    return _VARIABLE.sub(value, text)


def _tcp_port(text: str) -> int | None:
    port, _, protocol = text.strip("\"'[],").partition("/")
    first = port.partition("-")[0]
    if protocol.lower() not in ("", "tcp") or not first.isdigit() or not 0 < int(first) < 65536:
        return None
    return int(first)
