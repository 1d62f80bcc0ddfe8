"""An app's figures as charts: what each shows, to what scale, and what it says in words (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sotabox.dashboard import charts, words
from sotabox.dashboard.charts import Window
from sotabox.model.project import Limits
from sotabox.model.sample import RINGS, Sample, Span, merged

#: A row of the table covers this much: some two dozen rows at most.
_ROW_S: Final = {Span.HOUR: 300, Span.DAY: 3600, Span.WEEK: 12 * 3600}
_STEPS: Final = {
    RINGS[Span.HOUR].step_s: "30 s",
    RINGS[Span.DAY].step_s: "5 min",
    RINGS[Span.WEEK].step_s: "1 h",
}
_CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What is drawn in one colour: `tone` is its class of style."""

    name: str
    tone: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart. `latest`, `scale` and `says` are its words; `limit_y` is where a limit lies."""

    id: str
    title: str
    latest: str
    scale: str
    says: str
    traces: tuple[Trace, ...]
    filled: bool = False
    limit_y: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table, in words."""

    at: int
    cells: tuple[str, ...]


COLUMNS: Final = ("CPU", "Memory", "In", "Out", "Requests", "5xx", "p50", "p95")


def charts_of(samples: Sequence[Sample], window: Window, limits: Limits) -> tuple[Chart, ...]:
    """All charts of some samples, oldest first, at least one."""
    return (
        _requests(samples, window),
        _cpu(samples, window, limits),
        _memory(samples, window, limits),
        _latency(samples, window),
        _network(samples, window),
    )


def rows_of(samples: Iterable[Sample], span: Span) -> tuple[Row, ...]:
    """The same figures as a table, newest first."""
    step_s = _ROW_S[span]
    groups: dict[int, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.at - sample.at % step_s, []).append(sample)
    return tuple(
        Row(at=at, cells=_cells(merged(group)))
        for at, group in sorted(groups.items(), reverse=True)
    )


def cores(value: float) -> str:
    """CPU in words.

    >>> cores(0.034)
    '0.03 cores'
    """
    return f"{value:.2f} cores"


def _cpu(samples: Sequence[Sample], window: Window, limits: Limits) -> Chart:
    values = [sample.cpu_cores for sample in samples]
    top = charts.ceiling(max(values), 0.1)
    within = limits.cpus <= top
    return Chart(
        id="cpu",
        title="CPU",
        latest=f"{cores(values[-1])} of {limits.cpus:g}",
        scale=f"{top:g} {'core' if top == 1 else 'cores'}",
        says=f"Between {cores(min(values))} and {cores(max(values))}; the limit is {limits.cpus:g}.",
        traces=(_trace("CPU", "one", samples, values, window, top),),
        limit_y=charts.y_of(limits.cpus, top) if within else "",
    )


def _memory(samples: Sequence[Sample], window: Window, limits: Limits) -> Chart:
    values = [float(sample.memory_bytes) for sample in samples]
    limit = limits.memory_mb * 1_000_000
    top = 1.1 * max(limit, *values)
    least, most = words.size(min(values)), words.size(max(values))
    return Chart(
        id="memory",
        title="Memory",
        latest=f"{words.size(values[-1])} of {words.size(limit)}",
        scale=f"limit {words.size(limit)}",
        says=f"Between {least} and {most}; the limit is {words.size(limit)}.",
        traces=(_trace("Memory", "one", samples, values, window, top),),
        limit_y=charts.y_of(limit, top),
    )


def _requests(samples: Sequence[Sample], window: Window) -> Chart:
    stacks = [(s.at, (s.ok, s.redirect, s.client_error, s.server_error)) for s in samples]
    top = charts.ceiling(max(sum(stack) for _, stack in stacks), 10)
    totals = [sum(stack[place] for _, stack in stacks) for place in range(len(_CLASSES))]
    paths = charts.bars(stacks, window, top)
    return Chart(
        id="requests",
        title="Requests",
        latest=words.count(sum(totals), "request"),
        scale=f"{top:,.0f} in {_STEPS[window.step_s]}",
        says=", ".join(
            f"{total:,} answered with {name}" for name, total in zip(_CLASSES, totals, strict=True)
        )
        + ".",
        traces=tuple(
            Trace(name=f"{name} {total:,}", tone=f"class-{name}", path=path)
            for name, total, path in zip(_CLASSES, totals, paths, strict=True)
        ),
        filled=True,
    )


def _latency(samples: Sequence[Sample], window: Window) -> Chart:
    p50 = [sample.latency_ms(0.5) for sample in samples]
    p95 = [sample.latency_ms(0.95) for sample in samples]
    top = charts.ceiling(max((ms for ms in p95 if ms is not None), default=0), 10)
    whole = merged(samples)
    half, most = whole.latency_ms(0.5), whole.latency_ms(0.95)
    asked = half is not None and most is not None
    return Chart(
        id="latency",
        title="Latency",
        latest=f"p50 {_ms(half)}, p95 {_ms(most)}" if asked else "no requests",
        scale=words.duration(top),
        says=f"Half of the requests took at most {_ms(half)}, nineteen of twenty {_ms(most)}."
        if asked
        else "Nobody asked for anything.",
        traces=(
            _trace("p50", "one", samples, p50, window, top),
            _trace("p95", "two", samples, p95, window, top),
        ),
    )


def _network(samples: Sequence[Sample], window: Window) -> Chart:
    received = [_rate(sample.received_bytes, sample) for sample in samples]
    sent = [_rate(sample.sent_bytes, sample) for sample in samples]
    top = charts.ceiling(max(*received, *sent), 1000)
    total_in = words.size(sum(sample.received_bytes for sample in samples))
    total_out = words.size(sum(sample.sent_bytes for sample in samples))
    return Chart(
        id="network",
        title="Network",
        latest=f"{total_in} in, {total_out} out",
        scale=f"{words.size(top)}/s",
        says=f"{total_in} came in and {total_out} went out.",
        traces=(
            _trace("in", "one", samples, received, window, top),
            _trace("out", "two", samples, sent, window, top),
        ),
    )


def _trace(
    name: str,
    tone: str,
    samples: Sequence[Sample],
    values: Sequence[float | None],
    window: Window,
    top: float,
) -> Trace:
    points = [(sample.at, value) for sample, value in zip(samples, values, strict=True)]
    return Trace(name=name, tone=tone, path=charts.line(points, window, top))


def _cells(sample: Sample) -> tuple[str, ...]:
    return (
        f"{sample.cpu_cores:.2f}",
        words.size(sample.memory_bytes),
        words.size(sample.received_bytes),
        words.size(sample.sent_bytes),
        f"{sample.requests:,}",
        f"{sample.server_error:,}",
        _ms(sample.latency_ms(0.5)),
        _ms(sample.latency_ms(0.95)),
    )


def _rate(amount: int, sample: Sample) -> float:
    return amount / sample.seconds if sample.seconds else 0.0


def _ms(value: float | None) -> str:
    return "-" if value is None else words.duration(value)
