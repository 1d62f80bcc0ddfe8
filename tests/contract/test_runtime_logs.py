"""What the running app prints: asked for, searched, followed."""

import itertools
import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from tests.box import Answer, Box
from tests.contract.echo import FILES

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("python_base")]

WORDS = [f"{word} {number}" for number, word in zip(range(8), itertools.cycle(["Alpha", "beta"]))]


@pytest.fixture(scope="module")
def talker(box: Box) -> Iterator[str]:
    """A running app that has printed `WORDS` after its first line."""
    slug = f"t{secrets.token_hex(4)}"
    box.create(slug)
    assert box.deploy(slug, FILES)["status"] == "running"
    for words in WORDS:
        say(box, slug, words)
    yield slug
    box.request("DELETE", f"/v1/projects/{slug}")


def say(box: Box, slug: str, words: str) -> None:
    assert box.visit(slug, f"/print?{quote(words)}").status == 200


def logs(box: Box, slug: str, query: str = "", accept: str = "text/plain") -> Answer:
    return box.request("GET", f"/v1/projects/{slug}/logs?{query}", headers={"Accept": accept})


def test_log_of_the_app_is_text_without_build_lines(box: Box, talker: str) -> None:
    """What it printed, as it printed it."""
    answer = logs(box, talker)
    assert answer.status == 200
    assert answer.body.decode().splitlines() == ["listening", *WORDS]


def test_json_has_the_time_of_each_line_from_which_one_can_go_on(box: Box, talker: str) -> None:
    """`since` a line's time gives what came after it."""
    lines = logs(box, talker, accept="application/json").data
    assert [line["text"] for line in lines] == ["listening", *WORDS]
    later = logs(box, talker, f"since={quote(lines[3]['at'])}")
    assert later.body.decode().splitlines() == WORDS[3:]


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ("tail=2", WORDS[-2:]),
        ("tail=0", []),
        ("tail=all", ["listening", *WORDS]),
        ("search=ALPHA", WORDS[::2]),
        ("search=alpha&tail=1", [WORDS[6]]),
        ("search=nobody", []),
        ("since=1h&tail=1", WORDS[-1:]),
        ("since=2099-01-01T00:00:00Z", []),
        ("since=2001-01-01T00:00:00%2B02:00&tail=1", WORDS[-1:]),
    ],
)
def test_lines_are_chosen_by_number_time_and_text(
    box: Box, talker: str, query: str, lines: list[str]
) -> None:
    """What is searched for is counted after it was found."""
    assert logs(box, talker, query).body.decode().splitlines() == lines


@pytest.mark.parametrize(
    "query",
    [
        "tail=-1",
        "tail=many",
        "since=yesterday",
        "since=2026-03-01T12:00:00",
        "since=1w",
        "search=" + "x" * 201,
        "follow=perhaps",
    ],
)
def test_query_that_means_nothing_is_malformed(box: Box, talker: str, query: str) -> None:
    """400, and the field is named."""
    answer = logs(box, talker, query)
    assert (answer.status, answer.code) == (400, "bad_request")
    assert answer.error["details"][0]["field"] == query.partition("=")[0]


def test_stream_gives_past_and_coming_lines_once_each(box: Box, talker: str) -> None:
    """Begun late, it has it all; taken up again by the last id, it goes on right there."""
    headers = {"Authorization": f"Bearer {box.key}", "Accept": "text/event-stream"}
    mark = f"mark {secrets.token_hex(4)}"
    with box.connection(box.api_port, 30) as connection:
        connection.request("GET", f"/v1/projects/{talker}/logs?tail=2", headers=headers)
        response = connection.getresponse()
        assert response.getheader("content-type", "").startswith("text/event-stream")
        events = read_events(response)
        first, second = next(events), next(events)
        assert [first[1], second[1]] == WORDS[-2:]
        say(box, talker, mark)
        assert next(events)[1] == mark
    with box.connection(box.api_port, 30) as connection:
        connection.request(
            "GET", f"/v1/projects/{talker}/logs", headers=headers | {"Last-Event-ID": first[0]}
        )
        events = read_events(connection.getresponse())
        assert [next(events)[1], next(events)[1]] == [WORDS[-1], mark]
        say(box, talker, f"{mark} again")
        assert next(events)[1] == f"{mark} again"


def test_text_can_be_followed_too(box: Box, talker: str) -> None:
    """For a terminal: lines as they come, those that match."""
    mark = secrets.token_hex(8)
    with box.connection(box.api_port, 30) as connection:
        connection.request(
            "GET",
            f"/v1/projects/{talker}/logs?follow=1&tail=0&search={mark}",
            headers={"Authorization": f"Bearer {box.key}"},
        )
        response = connection.getresponse()
        say(box, talker, "something else")
        say(box, talker, f"it is {mark}")
        assert response.readline() == f"it is {mark}\n".encode()


@pytest.fixture(scope="module")
def crowd(box: Box) -> Iterator[str]:
    """A running app of three replicas."""
    slug = f"t{secrets.token_hex(4)}"
    box.create(slug)
    settings = {"replicas": 3}
    assert box.request("PATCH", f"/v1/projects/{slug}/settings", settings).status == 200
    assert box.deploy(slug, FILES)["status"] == "running"
    yield slug
    box.request("DELETE", f"/v1/projects/{slug}")


def test_stream_of_replicas_loses_no_line_and_tells_none_twice(box: Box, crowd: str) -> None:
    """Cut off again and again, and over a swap: each replica's lines, in order, once."""
    said = [f"word {number:03d}" for number in range(90)]
    heard = [("", "")]
    with ThreadPoolExecutor(4) as pool:
        talking = pool.map(lambda word: say(box, crowd, word), said[:60])
        while len(heard) < 40:
            with listening(box, crowd, heard[-1][0]) as events:
                heard += itertools.islice(events, 7)
        list(talking)
        with listening(box, crowd, heard[-1][0]) as events:
            swapping = pool.submit(box.again, crowd)
            talking = pool.map(lambda word: say(box, crowd, word), said[60:])
            heard += events  # to its end: the old version is gone
        assert swapping.result()["status"] == "running"
        list(talking)
    missing = Counter([*said, *["listening"] * 6])
    missing.subtract(text.partition("] ")[2] for _, text in heard[1:])
    with listening(box, crowd, heard[-1][0]) as events:
        while any(missing.values()):
            assert min(missing.values()) == 0, missing
            heard.append(next(events))
            missing[heard[-1][1].partition("] ")[2]] -= 1
    for name in ("[1] ", "[2] ", "[3] "):
        mine = [(id_.partition(" ")[0], text) for id_, text in heard if text.startswith(name)]
        old, new = [n for n, (_, text) in enumerate(mine) if text == f"{name}listening"]
        assert old == 0
        assert mine[:new] == sorted(mine[:new])
        assert mine[new:] == sorted(mine[new:])


@contextmanager
def listening(box: Box, slug: str, after: str) -> Iterator[Iterator[tuple[str, str]]]:
    """The events of an app's log after an id, or all."""
    headers = {"Authorization": f"Bearer {box.key}", "Accept": "text/event-stream"}
    if after:
        headers["Last-Event-ID"] = after
    with box.connection(box.api_port, 60) as connection:
        connection.request("GET", f"/v1/projects/{slug}/logs?tail=all", headers=headers)
        response = connection.getresponse()
        assert response.status == 200, response.read()
        with response:
            yield read_events(response)


def test_log_of_what_does_not_run_says_where_its_lines_went(box: Box, project: str) -> None:
    """409 with a hint: what a container printed goes with it."""
    answer = logs(box, project)
    assert (answer.status, answer.code) == (409, "nothing_running")
    assert "goes with it" in answer.error["hint"]
    assert logs(box, "absent").status == 404


def read_events(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """The id and the data of each event with data."""
    id_ = ""
    for raw in lines:
        line = raw.decode().rstrip("\n")
        if line.startswith("id: "):
            id_ = line.removeprefix("id: ")
        elif line.startswith("data: "):
            yield id_, line.removeprefix("data: ")
