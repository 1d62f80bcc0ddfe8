"""Which changes tell what, and what can be a webhook."""

import pytest

from sotabox.model.deployment import TRANSITIONS, Status
from sotabox.model.webhook import Event, check_events, check_url, event_of

S = Status


@pytest.mark.parametrize(
    ("before", "after", "event"),
    [
        (None, S.PENDING, None),
        (None, S.DEPLOYING, Event.STARTED),
        (S.PENDING, S.BUILDING, Event.STARTED),
        (S.PENDING, S.DEPLOYING, Event.STARTED),
        (S.BUILDING, S.PENDING, None),
        (S.BUILDING, S.BUILT, None),
        (S.BUILT, S.DEPLOYING, None),
        (S.DEPLOYING, S.RUNNING, Event.SUCCEEDED),
        (S.PENDING, S.FAILED, Event.FAILED),
        (S.BUILDING, S.FAILED, Event.FAILED),
        (S.BUILT, S.FAILED, Event.FAILED),
        (S.DEPLOYING, S.FAILED, Event.FAILED),
        (S.BUILDING, S.STOPPED, Event.FAILED),
        (S.BUILT, S.STOPPED, Event.FAILED),
        (S.DEPLOYING, S.STOPPED, Event.FAILED),
        (S.RUNNING, S.STOPPED, None),
        (S.RUNNING, S.FAILED, None),
    ],
)
def test_change_of_a_deployment_tells(
    before: Status | None, after: Status, event: Event | None
) -> None:
    """A deploy starts, and then succeeds or fails; what becomes of it later is another story."""
    assert event_of(before, after) is event


def test_every_way_to_an_end_is_told() -> None:
    """A receiver that heard of a start is never left waiting."""
    for before in (S.BUILDING, S.BUILT, S.DEPLOYING):
        for after in TRANSITIONS[before] & {S.RUNNING, S.FAILED, S.STOPPED}:
            assert event_of(before, after) in {Event.SUCCEEDED, Event.FAILED}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@example.com",
        "https://user:word@example.com",
        "https://@example.com",
        "https://example.com#x",
        "https://example.com:0",
        "https://example.com:99999",
        "https://example.com:x",
        "https://exa mple.com",
        "https://example.com/\r\nHost: evil",
        "https://example.com/\x00",
        "https://example.com\\@evil.example",
        "https://bücher.example",
        "https://[::1",
        "https://example.com/" + "x" * 2048,
    ],
)
def test_url_that_can_be_no_webhook_is_told_why(url: str) -> None:
    """In words, for the person who typed it."""
    assert check_url(url)


@pytest.mark.parametrize(
    "url",
    ["https://example.com", "http://example.com:8080/a?b=c", "https://xn--bcher-kva.example/x",
     "https://8.8.8.8/", "https://[2606:4700::1]:8443/hook", "HTTPS://example.com"],
)  # fmt: skip
def test_url_of_a_webhook_is_fine(url: str) -> None:
    """Where it leads is judged elsewhere."""
    assert check_url(url) is None


@pytest.mark.parametrize("events", [[], ["deploy.sucess"], ["ping"], ["deploy.started"] * 2])
def test_events_that_can_not_be_subscribed_to_are_told_why(events: list[str]) -> None:
    """A typing error is found when it is made."""
    assert check_events(events)


def test_events_of_the_contract_can_be_subscribed_to() -> None:
    """All three."""
    assert check_events(["deploy.started", "deploy.succeeded", "deploy.failed"]) is None
