"""A deployment told to a person: its first line, its phases to scale, its plan (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sotabox.builds.explain import explain_plan
from sotabox.builds.plan import BuildPlan, Reason
from sotabox.dashboard import words
from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.origin import ArchiveOrigin, Commit, GitOrigin, ImageOrigin

_SOURCE_MAX: Final = 72
_SLIVER: Final = 0.6  # per cent: what took no time can still be seen

_UNDER_WAY: Final = {
    Status.PENDING: "Waits for its turn to be built",
    Status.BUILDING: "Its image is being built",
    Status.BUILT: "Its image is ready; it starts next",
    Status.DEPLOYING: "Starts and is checked; the version before serves on",
}
_FAILED_IN: Final = {
    "fetch": "while it was fetched",
    "pull": "while its image was pulled",
    "build": "while its image was built",
    "release": "in its release command",
    "start": "while its container started",
    "health": "in its health check",
    "swap": "in the swap",
}


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase and its place in the bar, in per cent of the whole."""

    name: str
    ms: int
    start: float
    width: float
    slowest: bool


@dataclass(frozen=True, slots=True)
class PlanStory:
    """What was decided about a source tree."""

    headline: str
    reasons: tuple[Reason, ...]
    start: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error's three parts: what happened, what was seen of why, what to do next."""

    what: str
    evidence: str
    hint: str


def phases_of(deployment: Deployment) -> tuple[Phase, ...]:
    """The phases up to now, those that were measured."""
    measured = [(name, ms) for name in words.PHASES if (ms := deployment.phases.get(name, 0))]
    total = sum(ms for _, ms in measured) or 1
    longest = max((ms for _, ms in measured), default=0)
    shares = [max(_SLIVER, 100 * ms / total) for _, ms in measured]
    scale = 100 / (sum(shares) or 1)
    found = []
    start = 0.0
    for (name, ms), share in zip(measured, shares, strict=True):
        width = share * scale
        found.append(Phase(name, ms, round(start, 2), round(width, 2), ms == longest))
        start += width
    return tuple(found)


def total_ms(phases: Mapping[str, int]) -> int:
    """How long a deployment took until it served: the drain goes on behind it."""
    return sum(ms for name, ms in phases.items() if name != "drain")


def headline(deployment: Deployment) -> str:
    """How it stands, in a sentence; the page says since when."""
    phases = deployment.phases
    if deployment.status is Status.RUNNING:
        return "Went live"
    if deployment.status is Status.FAILED:
        last = next((name for name in reversed(words.PHASES) if name in phases), "")
        return f"Failed {_FAILED_IN.get(last, 'before its build')}"
    if deployment.status is Status.STOPPED:
        return deployment.error or "Replaced by a newer deployment"
    return _UNDER_WAY[deployment.status]


def failure_of(deployment: Deployment) -> Failure | None:
    """Why it failed, in three parts; None where it did not."""
    if deployment.status is not Status.FAILED:
        return None
    what, _, evidence = (deployment.error or "It failed for an unknown reason").partition("\n")
    return Failure(what, evidence, deployment.hint or "")


def plan_of(deployment: Deployment) -> PlanStory | None:
    """What was decided about its source; None before that."""
    if deployment.plan is None:
        return None
    plan = BuildPlan.from_json(deployment.plan)
    return PlanStory(
        headline=explain_plan(plan)[0],
        reasons=plan.reasons,
        start=plan.start or "",
        warnings=plan.warnings,
        notes=plan.notes,
    )


def origin(deployment: Deployment, numbers: Mapping[str, int]) -> str:
    """What it was made from; `numbers` are those of deployments by id."""
    of = numbers.get(deployment.source_deployment_id or "")
    match deployment.source:
        case Source.REDEPLOY:
            return f"redeploy of {of}" if of else "redeploy"
        case Source.ROLLBACK:
            return f"rollback to {of}" if of else "rollback"
        case Source.ARCHIVE | Source.IMAGE | Source.GIT:
            return _source(deployment)


def _source(deployment: Deployment) -> str:
    match deployment.origin:
        case GitOrigin(commit=Commit(id=id_, message=message)):
            return f"{id_[:7]} {_cut(message)}".rstrip()
        case GitOrigin(ref=str(ref)):
            return f"{words.SOURCES[Source.GIT]} {_cut(ref)}"
        case ImageOrigin(reference=reference):
            return _cut(reference)
        case ArchiveOrigin(name=name, folder=folder):
            return _cut(f"folder {name}" if folder else name)
    return words.SOURCES[deployment.source]


def _cut(text: str) -> str:
    return text if len(text) <= _SOURCE_MAX else f"{text[: _SOURCE_MAX - 1]}…"
