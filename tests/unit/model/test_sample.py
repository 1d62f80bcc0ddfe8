"""What samples say about how long requests took."""

from sotabox.model.sample import LATENCY_BOUNDS_MS, Sample


def sample(*counts: int) -> Sample:
    """Requests by the bound that they kept, each counted in all higher bounds."""
    within = tuple(sum(counts[: place + 1]) for place in range(len(LATENCY_BOUNDS_MS)))
    return Sample(project_id="p", ok=sum(counts), within=within)


def test_latency_lies_between_the_bounds_that_hold_it() -> None:
    """Half of ten are within 5 ms; nineteen of twenty are found in the next bound."""
    assert sample(5, 5).latency_ms(0.5) == 5.0
    assert sample(5, 5).latency_ms(0.95) == 9.5
    assert sample(0, 0, 0, 4).latency_ms(0.5) == 37.5


def test_latency_above_all_bounds_is_the_last_one() -> None:
    """Longer than ten seconds is said as ten seconds."""
    assert sample(1, *[0] * 10, 9).latency_ms(0.95) == 10_000


def test_latency_of_no_requests_is_unknown() -> None:
    """No line is drawn where nobody asked."""
    assert sample().latency_ms(0.5) is None
    assert Sample(project_id="p", ok=3).latency_ms(0.5) is None
