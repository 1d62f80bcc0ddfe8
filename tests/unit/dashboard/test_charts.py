"""Charts draw what was recorded, to scale, and nothing that was not."""

from sotabox.dashboard.charts import HEIGHT, WIDTH, Window, bars, ceiling, line, spark
from sotabox.dashboard.graphs import charts_of, rows_of
from sotabox.model.project import Limits
from sotabox.model.sample import Sample, Span

HOUR = Window(0, 3600, 30)
LIMITS = Limits(memory_mb=512, cpus=1.0, pids=100)


def sample(at: int, **figures: int) -> Sample:
    return Sample(project_id="p", at=at, seconds=30.0, **figures)


def test_line_has_a_gap_where_nothing_was_recorded() -> None:
    """While the box was away nobody knows what the app used: no line says so."""
    path = line([(0, 1), (30, 1), (300, 1), (330, None), (360, 1), (390, 1)], HOUR, 1)
    assert path.count("M") == 3


def test_line_stays_in_the_picture() -> None:
    """A figure above the scale is drawn at its edge; one before the time shown is not."""
    assert line([(-60, 1), (0, 5), (30, 0)], HOUR, 1) == f"M2.5 0L7.5 {HEIGHT}"


def test_bars_stand_on_each_other() -> None:
    """Answers by class: each colour begins where the one below ends."""
    low, none, high = bars([(3570, (1, 0, 3))], HOUR, 4)
    assert low.startswith(f"M{WIDTH - 4.5:g} {HEIGHT}V90")
    assert none == ""
    assert "V0H" in high


def test_scale_is_round() -> None:
    """Nobody reads a scale that ends at 0.437."""
    assert [ceiling(value, 0.1) for value in (0, 0.11, 0.3, 6, 1000)] == [0.1, 0.2, 0.5, 10, 1000]


def test_charts_say_in_words_what_they_draw() -> None:
    """Who can't see the picture hears the figures; memory shows how far its limit is."""
    quick = (3,) * 11
    found = charts_of(
        [
            sample(0, cpu_ms=3000, memory_bytes=100_000_000, ok=3, within=quick),  # type: ignore[arg-type]
            sample(30, cpu_ms=300, memory_bytes=90_000_000, server_error=1, sent_bytes=2000),
        ],
        HOUR,
        LIMITS,
    )
    requests, cpu, memory, latency, network = found
    assert cpu.latest == "0.01 cores of 1"
    assert "0.10" in cpu.says
    assert memory.latest == "90.0 MB of 512.0 MB"
    assert 0 < float(memory.limit_y) < HEIGHT / 2
    assert (
        requests.says
        == "3 answered with 2xx, 0 answered with 3xx, 0 answered with 4xx, 1 answered with 5xx."
    )
    assert latency.latest == "p50 3 ms, p95 10.0 s"
    assert network.latest == "0 B in, 2 kB out"


def test_latency_without_requests_is_no_figure() -> None:
    """Nobody asked: the chart says that instead of zero."""
    latency = charts_of([sample(0)], HOUR, LIMITS)[3]
    assert latency.latest == "no requests"
    assert all(not trace.path for trace in latency.traces)


def test_table_has_a_row_for_several_samples() -> None:
    """Two dozen rows at most, newest first; requests add up, memory is the most."""
    samples = [sample(at, ok=1, memory_bytes=at) for at in range(0, 3600, 30)]
    rows = rows_of(samples, Span.HOUR)
    assert [row.at for row in rows] == list(range(3300, -1, -300))
    assert rows[0].cells[4] == "10"
    assert rows[0].cells[1] == "4 kB"


def test_spark_of_an_idle_app_lies_at_the_bottom() -> None:
    """Nothing used is a line, not an error; nothing recorded is none; a figure alone is a dash."""
    window = Window(0, 3600, 300)
    assert spark([(0, 0.0), (300, 0.0)], window) == "M0 19L4 19"
    assert spark([], window) == ""
    assert spark([(0, 1.0)], window) == "M0 1h2"


def test_spark_has_a_gap_where_nothing_was_recorded() -> None:
    """As in the large charts, a line never bridges what nobody saw."""
    assert (
        spark([(0, 1.0), (300, 1.0), (1200, 1.0), (1500, 1.0)], Window(0, 3600, 300)).count("M")
        == 2
    )
