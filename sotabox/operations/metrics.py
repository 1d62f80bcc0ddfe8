"""Figures: an app's over time for its people, the box's at this moment for a monitor."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from pathlib import Path

from sotabox import __version__
from sotabox.errors import Internal, NotFound, Unauthorized
from sotabox.model.project import Limits, Project
from sotabox.model.sample import Glance, Sample, Span
from sotabox.model.times import parse_time
from sotabox.operations.actor import Actor, visible_project
from sotabox.pipeline.limits import PlanLimits
from sotabox.settings import Settings
from sotabox.store.store import Store
from sotabox.upkeep.record import BackupRecord, read_record
from sotabox.upkeep.sampler import Latest
from sotabox.upkeep.vitals import Vitals


async def series(store: Store, actor: Actor, ref: str, span: Span) -> list[Sample]:
    """What an app used and answered, oldest first; a time without a sample was not looked at.

    Raises:
        NotFound: there is no such project, or it is another's.
    """
    project = await visible_project(store, actor, ref)
    return await store.samples.series(project.id, span, int(time.time()))


async def glances(store: Store, projects: Sequence[Project]) -> dict[str, list[Glance]]:
    """What apps used in the last hour, by project; asked for once, however many."""
    return await store.samples.glances([project.id for project in projects], int(time.time()))


async def limits(store: Store, settings: Settings, actor: Actor, ref: str) -> Limits:
    """What an app's container may use from its next start on.

    Raises:
        NotFound: there is no such project, or it is another's.
    """
    project = await visible_project(store, actor, ref)
    return await PlanLimits(settings, store).of(project)


async def require_token(settings: Settings, given: str) -> None:
    """Returns where `given` opens the box's figures. The file is read each time: it may change.

    Raises:
        NotFound: they are not switched on.
        Unauthorized: it is another token.
        Internal: the token's file can't be read.
    """
    file = settings.metrics_token_file
    if not file.name:
        raise NotFound("Metrics are off", hint="Switch them on with SOTABOX_METRICS_TOKEN_FILE.")
    token = await asyncio.to_thread(_read_token, file)
    if not compare_digest(token.encode(), given.encode()):
        raise Unauthorized("This token does not open the metrics")


def _read_token(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Internal(f"The token's file can't be read: {error}") from error
    if not token:
        raise Internal(f"The token's file {file} is empty")
    return token


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure with its values by labels, as Prometheus knows it: `counter` or `gauge`."""

    name: str
    kind: str
    help: str
    values: Mapping[tuple[tuple[str, str], ...], float]


async def exposition(store: Store, settings: Settings, vitals: Vitals, latest: Latest) -> str:
    """All figures of the box at this moment, in Prometheus' text format."""
    outcomes = await store.samples.outcomes()
    phases = await store.samples.phases()
    record = await asyncio.to_thread(read_record, store.folders.backup_record)
    metrics = [
        *_of_process(vitals),
        _labelled("sotabox_deployments", "gauge", "Deployments by status", "status", outcomes),
        _plain("sotabox_queue_length", "gauge", "Waiting deployments", outcomes.get("pending", 0)),
        _labelled(
            "sotabox_phase_seconds_count", "counter", "How often a phase was gone through", "phase",
            {name: number for name, (number, _) in phases.items()},
        ),
        _labelled(
            "sotabox_phase_seconds_sum", "counter", "What phases of deployments took", "phase",
            {name: ms / 1000 for name, (_, ms) in phases.items()},
        ),
        *_of_backups(settings, record),
        _labelled(
            "sotabox_app_degraded", "gauge", "Apps that end by themselves again and again", "project",
            dict.fromkeys(await store.crash_loops.slugs(), 1),
        ),
        *_of_apps(latest),
    ]  # fmt: skip
    return render(metrics)


def _of_process(vitals: Vitals) -> Iterator[Metric]:
    yield _labelled("sotabox_info", "gauge", "The version that runs", "version", {__version__: 1})
    yield _plain(
        "sotabox_event_loop_lag_seconds", "gauge", "Longest lag of the last minute", vitals.lag_s
    )
    yield _plain("process_resident_memory_bytes", "gauge", "Memory in RAM", vitals.resident_bytes)
    yield _plain("process_cpu_seconds_total", "counter", "CPU time used", vitals.cpu_s)


def _of_backups(settings: Settings, record: BackupRecord) -> Iterator[Metric]:
    if not settings.backs_up:
        return
    failing = float(record.problem is not None)
    yield _plain("sotabox_backup_failing", "gauge", "Whether the last backup failed", failing)
    if record.made_at is not None:
        made_at = parse_time(record.made_at).timestamp()
        yield _plain(
            "sotabox_backup_timestamp_seconds",
            "gauge",
            "When the last good backup was made",
            made_at,
        )
        yield _plain("sotabox_backup_bytes", "gauge", "Its size", record.size_bytes)


def _of_apps(latest: Latest) -> Iterator[Metric]:
    look = latest.look
    usages = {
        slug: usage
        for project_id, slug in look.slugs.items()
        if (usage := look.usage_of(project_id)) is not None
    }
    cpu = {slug: usage.cpu_us / 1e6 for slug, usage in usages.items()}
    memory = {slug: usage.memory_bytes for slug, usage in usages.items()}
    yield _labelled("sotabox_app_cpu_seconds_total", "counter", "CPU time", "project", cpu)
    yield _labelled("sotabox_app_memory_bytes", "gauge", "Memory in use", "project", memory)
    asked = {slug: look.requests_of(project_id) for project_id, slug in look.slugs.items()}
    yield Metric(
        "sotabox_app_requests_total",
        "counter",
        "Requests by class of answer",
        {
            (("project", slug), ("class", f"{digit}xx")): number
            for slug, requests in asked.items()
            for digit, number in sorted(requests.classes.items())
        },
    )
    seconds = {slug: requests.duration_s for slug, requests in asked.items()}
    yield _labelled(
        "sotabox_app_request_seconds_total", "counter", "Time that they took", "project", seconds
    )


def _plain(name: str, kind: str, help_: str, value: float) -> Metric:
    return Metric(name, kind, help_, {(): value})


def _labelled(name: str, kind: str, help_: str, label: str, values: Mapping[str, float]) -> Metric:
    return Metric(name, kind, help_, {((label, key),): value for key, value in values.items()})


def render(metrics: list[Metric]) -> str:
    r"""Metrics in Prometheus' text format, version 0.0.4.

    >>> render([Metric("up", "gauge", "Whether it is up", {(("box", 'a"b'),): 1.0})])
    '# HELP up Whether it is up\n# TYPE up gauge\nup{box="a\\"b"} 1\n'
    """
    lines = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
        lines += [
            f"{metric.name}{_labels(labels)} {value:.15g}"
            for labels, value in metric.values.items()
        ]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: tuple[tuple[str, str], ...]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
