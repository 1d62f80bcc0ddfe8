"""A deployment told in a few lines while it goes on, and how it ended (pure).

A good one has a line for each thing that is done, and ends with its address:

  built     Flask on Python 3.13, cached dependencies  0.3 s
  healthy   GET / → 200                                0.3 s
  live      switched in 2 ms, 0 of 87 requests lost

A bad one says why, what to do, and what its visitors see meanwhile.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sotabox.model.times import parse_time

_LABEL: Final = 10
_WIDTH: Final = 60
_NOTE_AT: Final = 63
_WIDE: Final = 120
_QUEUE_WORTH_TELLING_MS: Final = 1000
_DETECTED: Final = re.compile(r"\[build\] Detected ([^,:(]+?)(?: \(([^)]+)\))?[,:]")
_BY_DOCKERFILE: Final = re.compile(r"\[build\] Builds with the Dockerfile")
_BY_RAILPACK: Final = re.compile(r"\[build\] Builds with Railpack")
_STEP: Final = re.compile(r"\[build\] #(\d+) \[[^]]*\] RUN\b")
_CACHED: Final = re.compile(r"\[build\] #(\d+) CACHED$")
_HEALTHY: Final = re.compile(r"\[deploy\] (GET \S+ → \d{3})$")
_NAMES: Final = {
    "nextjs": "Next.js", "nuxt": "Nuxt", "fastapi": "FastAPI", "nestjs": "NestJS", "php": "PHP",
    "sveltekit": "SvelteKit", "node": "Node", "static": "Static files", "dotnet": ".NET",
    "spring-boot": "Spring Boot", "react-router": "React Router", "java": "Java", "cpp": "C++",
}  # fmt: skip

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A thing that has happened: its word, what there is to say of it, and how long it took."""

    label: str
    text: str = ""
    ms: float | None = None


def render_title(slug: str, box: str) -> str:
    """The first line: what goes where."""
    return f"{slug}  →  {box}"


def render_told(told: Told) -> str:
    """A line, with its time at the right.

    >>> render_told(Told("packed", "312 files, 1.2 MB", 100))
    '  packed    312 files, 1.2 MB                          0.1 s'
    """
    line = f"  {told.label:<{_LABEL}}{told.text}"
    return _timed(line, told.ms).rstrip()


def render_end(url: str, total_ms: float) -> str:
    """The last line of a deployment that is live."""
    return _timed(url, total_ms)


def told_of(deployment: Json, log: Sequence[str]) -> list[Told]:
    """What a deployment has behind it, in order.

    Args:
        deployment: as the API shows it.
        log: its lines so far.
    """
    phases: Json = deployment["duration_ms"]
    started = bool({"release", "start"} & phases.keys())
    told = []
    if (queued := phases.get("queue", 0)) >= _QUEUE_WORTH_TELLING_MS:
        told.append(Told("queued", "", queued))
    if "build" in phases and (started or deployment["status"] != "failed"):
        told.append(Told("built", describe_build(log), phases["build"]))
    if phases.get("release") and "start" in phases:
        told.append(Told("release", "", phases["release"]))
    if "swap" in phases:
        health_ms = phases.get("start", 0) + phases.get("health", 0)
        told.append(Told("healthy", _describe_health(log), health_ms))
    if deployment["status"] == "running":
        told.append(Told("live", _describe_swap(deployment)))
    return told


def describe_build(log: Sequence[str]) -> str:
    """What was built, from a build's log.

    >>> describe_build(["[build] Detected flask (python 3.13), listens on port 8080"])
    'Flask on Python 3.13'
    """
    kind = next((text for line in log if (text := _kind(line))), "")
    installs = {match[1] for line in log if (match := _STEP.match(line))}
    cached = {match[1] for line in log if (match := _CACHED.match(line))}
    if installs and installs <= cached:
        return f"{kind}, cached dependencies" if kind else "cached dependencies"
    return kind


def render_failure_of(
    deployment: Json, serving: Json | None, now: datetime, docs: str | None, width: int = _WIDE
) -> list[str]:
    """Why a deployment did not come to serve, what to do, and what visitors see meanwhile.

    Args:
        deployment: a failed or stopped one.
        serving: the deployment that serves now.
        now: with the time zone in which the person reads times.
        docs: the command that explains this kind of failure.
        width: of the screen; where it is too small for notes at the right, they stand below.
    """
    reason, _, evidence = (deployment["error"] or "").partition("\n")
    if deployment["status"] == "stopped":
        lines = [f"  □ stopped: {_sentence(reason or 'replaced by a newer deployment')}"]
    else:
        lines = [f"  ✕ {_sentence(reason or 'failed for an unknown reason')}"]
    lines += [f"      {line}" for line in evidence.splitlines()]
    still = "Nothing of this project is live."
    if serving:
        still = f"The version of {_moment(serving['updated_at'], now)} is still live."
    full = f"full log: sotabox logs {deployment['id'][:8]}"
    if hint := deployment.get("hint"):
        lines.append(_noted(hint, docs and f"docs: {docs}", width))
    lines.append(_noted(still, full, width))
    return [line for text in lines for line in text.split("\n")]


def docs_for(deployment: Json) -> str | None:
    """The command that explains this kind of failure; None where nothing does yet."""
    if "$PORT" in (deployment.get("hint") or ""):
        return "sotabox docs port"
    phases = deployment["duration_ms"]
    in_build = "build" in phases and not {"release", "start"} & phases.keys()
    return "sotabox docs builds" if in_build else None


def seconds(ms: float) -> str:
    """A time as the right-hand column shows it.

    >>> seconds(80), seconds(65_000)
    ('0.1 s', '1 min 5 s')
    """
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    minutes, rest = divmod(round(ms / 1000), 60)
    return f"{minutes} min {rest} s"


def _kind(line: str) -> str:
    if _BY_DOCKERFILE.match(line):
        return "Dockerfile"
    if _BY_RAILPACK.match(line):
        return "Railpack"
    match = _DETECTED.match(line)
    if match is None:
        return ""
    name = _name(match[1])
    words = (match[2] or "").split()
    tools = [
        f"{_name(tool)} {version}" for tool, version in zip(words[::2], words[1::2], strict=False)
    ]
    if len(tools) == 1 and tools[0].startswith(f"{name} "):
        return tools[0]
    return f"{name} on {' and '.join(tools)}" if tools else name


def _name(slug: str) -> str:
    return _NAMES.get(slug, slug[:1].upper() + slug[1:])


def _describe_health(log: Sequence[str]) -> str:
    return next((match[1] for line in log if (match := _HEALTHY.match(line))), "")


def _describe_swap(deployment: Json) -> str:
    swap = deployment.get("swap") or {}
    took_ms = swap.get("switch_ms", deployment["duration_ms"].get("swap"))
    if took_ms is None:
        return ""
    text = f"switched in {took_ms} ms"
    if not swap.get("requests"):
        return text
    return f"{text}, {swap['lost']:,} of {swap['requests']:,} requests lost"


def _timed(line: str, ms: float | None) -> str:
    if ms is None:
        return line
    time = seconds(ms)
    return f"{line:<{_WIDTH - len(time) - 2}}  {time}"


def _sentence(text: str) -> str:
    # "Not healthy …" goes on behind the sign; "GET /" and "ENTRYPOINT" stay as they are.
    begun = text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text
    return begun if begun.endswith((".", "!", "?", ":", "…")) else f"{begun}."


def _noted(text: str, note: str | None, width: int) -> str:
    """A line with a note in the right-hand column, or below it where there is no room."""
    line = f"    {text}"
    if not note:
        return line
    if len(line) + 2 > _NOTE_AT or _NOTE_AT + len(note) > width:
        return f"{line}\n    {note}"
    return f"{line:<{_NOTE_AT}}{note}"


def _moment(then: str, now: datetime) -> str:
    moment = parse_time(then).astimezone(now.tzinfo)
    recent = now - moment < timedelta(hours=20)
    return f"{moment:%H:%M}" if recent else f"{moment.day} {moment:%b}, {moment:%H:%M}"
