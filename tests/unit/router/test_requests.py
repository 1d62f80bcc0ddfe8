"""What Caddy's metrics say about requests."""

from sotabox.model.sample import LATENCY_BOUNDS_MS
from sotabox.router.requests import HostRequests, Requests, read_requests

TEXT = """\
# TYPE caddy_config_last_reload_success_timestamp_seconds gauge
caddy_config_last_reload_success_timestamp_seconds 1.7e+09
# TYPE caddy_http_request_duration_seconds histogram
caddy_http_request_duration_seconds_bucket{code="200",handler="headers",host="a.test",method="GET",server="http",le="0.5"} 4
caddy_http_request_duration_seconds_bucket{code="200",handler="headers",host="a.test",method="GET",server="http",le="1"} 5
caddy_http_request_duration_seconds_bucket{code="200",handler="headers",host="a.test",method="GET",server="http",le="+Inf"} 6
caddy_http_request_duration_seconds_sum{code="200",handler="headers",host="a.test",method="GET",server="http"} 3.5
caddy_http_request_duration_seconds_count{code="200",handler="headers",host="a.test",method="GET",server="http"} 6
caddy_http_request_duration_seconds_sum{code="502",handler="headers",host="a.test",method="POST",server="https"} 0.5
caddy_http_request_duration_seconds_count{code="502",handler="headers",host="a.test",method="POST",server="https"} 1
caddy_http_request_duration_seconds_count{code="200",handler="reverse_proxy",host="a.test",method="GET",server="http"} 6
caddy_http_request_duration_seconds_count{code="404",handler="headers",host="b.test",method="GET",server="http"} 2
"""


def bounds(**counts: int) -> tuple[int, ...]:
    """Requests by the bound that they kept, such as `at_500`."""
    return tuple(counts.get(f"at_{ms}", 0) for ms in LATENCY_BOUNDS_MS)


def test_requests_are_summed_by_host_and_class() -> None:
    """However they came, by HTTP or HTTPS; each counts once, at the first handler."""
    found = read_requests(TEXT)
    assert found.loaded_at == 1.7e9
    assert found.hosts == {
        "a.test": HostRequests({2: 6, 5: 1}, bounds(at_500=4, at_1000=5), 4.0),
        "b.test": HostRequests({4: 2}),
    }


def test_difference_of_two_looks_is_what_came_between() -> None:
    """A host that is new counts from zero."""
    before = Requests(1.0, {"a": HostRequests({2: 4, 4: 1}, bounds(at_1000=5), 1.0)})
    later = HostRequests({2: 10, 4: 1}, bounds(at_1000=10), 3.0)
    after = Requests(1.0, {"a": later, "b": HostRequests({3: 1})})
    assert after.since(before) == {
        "a": HostRequests({2: 6, 4: 0}, bounds(at_1000=5), 2.0),
        "b": HostRequests({3: 1}),
    }


def test_figures_that_began_anew_count_from_zero() -> None:
    """Each document that Caddy loads resets them; none may become negative."""
    before = Requests(1.0, {"a": HostRequests({2: 400})})
    after = Requests(2.0, {"a": HostRequests({2: 3})})
    assert after.since(before) == {"a": HostRequests({2: 3})}


def test_what_was_never_looked_at_before_is_not_counted() -> None:
    """After an absence of Caddy, its whole past does not fall into one half minute."""
    assert Requests(2.0, {"a": HostRequests({2: 3})}).since(Requests()) == {}


def test_nothing_said_is_nothing() -> None:
    """A Caddy that has served nobody says nothing about requests."""
    assert read_requests("") == Requests()
