"""What a deployment brought and what it cost, told to a person (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sotabox.dashboard import words
from sotabox.model.deployment import Deployment
from sotabox.model.difference import FieldChange
from sotabox.model.guard import Guard
from sotabox.model.origin import GitOrigin, ImageOrigin
from sotabox.model.swap import SwapReport
from sotabox.model.times import parse_time
from sotabox.operations.differences import Difference

_SHOWN_MAX: Final = 120
_CHANGES_MAX: Final = 30
#: What a page says in other words: where it came from, and why its plan is as it is.
_TOLD_ELSEWHERE: Final = frozenset({"origin", "reasons", "warnings", "notes"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact: its name, what it is, and whether it needs a look (`tone`, empty for most)."""

    name: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the deployment `number`, which served before; `env` is by name only."""

    number: int
    facts: tuple[Fact, ...]
    env: tuple[tuple[str, str, str], ...]  # sign, tone, name
    env_known: bool


def facts_of(deployment: Deployment, before: Deployment | None, guard: Guard | None,
             numbers: dict[str, int], now: datetime) -> tuple[Fact, ...]:  # fmt: skip
    """The facts of a deployment beside its log.

    Args: before: which served before it; guard: which watches it; numbers: of deployments by id.
    """
    return (
        *_swap(deployment.swap),
        *_origin(deployment),
        *_image(deployment, before),
        *_guard(guard, numbers, now),
    )


def changes_of(difference: Difference) -> Changes:
    """A difference as facts."""
    changed = [
        Fact(change.field, _change(change))
        for change in (*difference.release, *difference.plan)
        if change.field.partition(".")[0] not in _TOLD_ELSEWHERE
    ]
    env = difference.env
    keys = (
        []
        if env is None
        else [
            *(("+", "ok", key) for key in env.added),
            *(("~", "busy", key) for key in env.changed),
            *(("−", "bad", key) for key in env.removed),  # noqa: RUF001 - a minus
        ]
    )
    return Changes(
        difference.before.number, tuple(changed[:_CHANGES_MAX]), tuple(keys), env is not None
    )


def _swap(report: SwapReport | None) -> Iterator[Fact]:
    if report is None:
        return
    said = [f"switched in {words.duration(report.switch_ms)}"]
    tone = ""
    if report.requests is not None and report.lost is not None:
        said.append(f"{words.count(report.requests, 'request')} meanwhile, {report.lost:,} lost")
        tone = "bad" if report.lost else ""
    if report.drain_ms is not None:
        said.append(f"the old version drained in {words.duration(report.drain_ms)}")
    if report.cut:
        said.append(f"{words.count(report.cut, 'open connection')} cut at its end")
        tone = tone or "warn"
    yield Fact("swap", "; ".join(said), tone)


def _origin(deployment: Deployment) -> Iterator[Fact]:
    match deployment.origin:
        case GitOrigin(url=url, ref=ref, commit=commit):
            yield Fact("repository", f"{url}{f', {ref}' if ref else ''}")
            if commit is not None:
                yield Fact("commit", f"{commit.id[:10]} {commit.message} ({commit.author})")
        case ImageOrigin(reference=reference, digest=digest):
            yield Fact("from", f"{reference}{f' ({digest[:19]}…)' if digest else ''}")


def _image(deployment: Deployment, before: Deployment | None) -> Iterator[Fact]:
    size = deployment.image_bytes
    if size is None:
        return
    text = words.size(size)
    if before is not None and before.image_bytes is not None:
        more = size - before.image_bytes
        text += (
            ", as before"
            if deployment.image_id == before.image_id or not more
            else f", {words.size(abs(more))} {'more' if more > 0 else 'less'} than before"
        )
    yield Fact("image", text)


def _guard(guard: Guard | None, numbers: dict[str, int], now: datetime) -> Iterator[Fact]:
    if guard is None:
        return
    left = (parse_time(guard.until) - now).total_seconds()
    if left <= 0:
        return
    previous = numbers.get(guard.previous_id)
    to = f"deployment {previous}" if previous else "the version before"
    yield Fact(
        "guard",
        f"watched for another {words.duration(1000 * left)}: more than {guard.percent:g} % "
        f"server errors, or crashes, lead back to {to}",
        "busy",
    )


def _change(change: FieldChange) -> str:
    if change.before is None:
        return f"now {_show(change.after)}"
    if change.after is None:
        return f"was {_show(change.before)}"
    return f"{_show(change.before)} → {_show(change.after)}"


def _show(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    text = ", ".join(map(_say, values)) or "nothing"
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"


def _say(value: object) -> str:
    """A value in words; what has parts, part by part."""
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part is not None)
    return str(value)
