"""Caddy's counters, as they were seen on the real one."""

from sotabox.model.guard import Answers
from sotabox.router.traffic import Tally, Traffic, read_answers, read_traffic, tally

TEXT = """\
# HELP caddy_config_last_reload_success_timestamp_seconds Timestamp of the last reload.
# TYPE caddy_config_last_reload_success_timestamp_seconds gauge
caddy_config_last_reload_success_timestamp_seconds 1.7955950654946632e+09
caddy_http_request_errors_total{handler="headers",host="b.x",server="http"} 1
caddy_http_request_errors_total{handler="reverse_proxy",host="b.x",server="http"} 1
caddy_http_requests_total{handler="headers",host="a.x",server="http"} 4
caddy_http_requests_total{handler="headers",host="a.x",server="https"} 1.2e+01
caddy_http_requests_total{handler="reverse_proxy",host="a.x",server="http"} 4
caddy_http_requests_total{handler="headers",host="b.x",server="http"} 1
"""


def test_each_request_counts_once_whatever_it_passes_through() -> None:
    """Handlers within a route, and HTTP beside HTTPS, are one count a host."""
    traffic = read_traffic(TEXT)
    assert traffic == Traffic(1795595065.4946632, {"a.x": 16, "b.x": 1}, {"b.x": 1})


def test_no_counter_at_all_is_no_traffic() -> None:
    """Caddy names a host once it was asked for."""
    assert read_traffic("") == Traffic(0.0)


def test_tally_is_what_ended_between_two_looks() -> None:
    """Only the project's own hosts, only since the first look."""
    before = Traffic(1.0, {"a.x": 5, "other.x": 9}, {"a.x": 1})
    after = Traffic(1.0, {"a.x": 12, "www.a.x": 3, "other.x": 99}, {"a.x": 3, "other.x": 50})
    assert tally(before, after, ["a.x", "www.a.x", "quiet.x"]) == Tally(requests=10, lost=2)


def test_tally_across_a_reload_is_unknown() -> None:
    """Counters that began anew tell nothing, and nothing is claimed."""
    assert tally(Traffic(1.0, {"a.x": 5}), Traffic(2.0, {"a.x": 50}), ["a.x"]) is None


def test_answers_are_counted_once_by_host_and_status() -> None:
    """Only the outermost handler counts, of the hosts that are asked for."""
    name = "caddy_http_request_duration_seconds_count"
    rows = [("200", "headers", "a.x", 7), ("503", "headers", "a.x", 2), ("404", "headers", "a.x", 1),
            ("503", "reverse_proxy", "a.x", 2), ("500", "headers", "b.x", 9)]  # fmt: skip
    text = "".join(
        f'{name}{{code="{code}",handler="{handler}",host="{host}",method="GET",server="s"}} {n}\n'
        for code, handler, host, n in rows
    )
    assert read_answers(text, {"a.x"}) == Answers(requests=10, errors=2)
