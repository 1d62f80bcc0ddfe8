"""Logs as text, as JSON and as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from sotabox.model.deployment import Deployment, Status
from sotabox.model.user import Role
from sotabox.store import logs
from sotabox.web import let_in
from tests.in_process import InProcess, open_site

COLOURED = "\x1b[32m[build]\x1b[0m ok\x1b[2K"


class Work:
    """What is under way until the test says that it is done."""

    def __init__(self) -> None:
        self.done = asyncio.Event()

    async def __call__(self, _: str) -> None:
        await self.done.wait()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def site(tmp_path: Path, work: Work) -> AsyncIterator[InProcess]:
    async with open_site(tmp_path, work=work) as site:
        yield site


@pytest.fixture
async def deployment(site: InProcess) -> Deployment:
    return await site.deployment(await site.project("shop"))


def write(site: InProcess, deployment: Deployment, *lines: str) -> None:
    site.box.store.logs.open(deployment.id).append(lines)


def url(deployment: Deployment, suffix: str = "") -> str:
    return f"/v1/projects/shop/deployments/{deployment.id}/logs{suffix}"


@pytest.mark.parametrize(
    "accept", [None, "*/*", "text/plain", "text/html,*/*;q=0.8", "", "nonsense"]
)
async def test_log_is_text_for_whoever_does_not_ask_for_json(
    site: InProcess, deployment: Deployment, accept: str | None
) -> None:
    """The SDK and the MCP server send no Accept, and show what they get."""
    write(site, deployment, "[build] One", "[deploy] Two")
    site.client.headers.pop("accept")
    headers = {} if accept is None else {"Accept": accept}
    response = await site.client.get(url(deployment), headers=headers)
    assert response.text == "[build] One\n[deploy] Two\n"
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/plain, */*"])
async def test_log_as_json_is_one_string(
    site: InProcess, deployment: Deployment, accept: str
) -> None:
    """The Go client decodes `data` into a string."""
    write(site, deployment, '[build] "quoted" \\ ✓', "[deploy] Two")
    response = await site.client.get(url(deployment), headers={"Accept": accept})
    assert response.json() == {"data": '[build] "quoted" \\ ✓\n[deploy] Two\n'}
    assert response.headers["content-type"] == "application/json"


async def test_log_that_is_not_there_yet_is_empty(site: InProcess, deployment: Deployment) -> None:
    """A deployment that waits has a log: an empty one."""
    assert (await site.client.get(url(deployment))).text == ""
    as_json = await site.client.get(url(deployment), headers={"Accept": "application/json"})
    assert as_json.json() == {"data": ""}


async def test_log_of_many_pieces_is_whole(site: InProcess, deployment: Deployment) -> None:
    """Streaming loses nothing at the seams."""
    lines = [f"[build] line {number} " + "é" * (number % 300) for number in range(3000)]
    write(site, deployment, *lines)
    text = "".join(f"{line}\n" for line in lines)
    assert (await site.client.get(url(deployment))).text == text
    as_json = await site.client.get(url(deployment), headers={"Accept": "application/json"})
    assert as_json.json() == {"data": text}


async def test_colours_are_kept_on_request_only(site: InProcess, deployment: Deployment) -> None:
    """Text is text; a terminal may ask for its colours, and for nothing else."""
    write(site, deployment, COLOURED)
    assert (await site.client.get(url(deployment))).text == "[build] ok\n"
    coloured = await site.client.get(url(deployment, "?ansi=1"))
    assert coloured.text == "\x1b[32m[build]\x1b[0m ok\n"


async def read(site: InProcess, address: str, headers: dict[str, str] | None = None) -> str:
    """A stream to its end."""
    async with asyncio.timeout(10):
        response = await site.client.get(address, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    return response.text


async def test_stream_of_a_settled_deployment_replays_and_ends(
    site: InProcess, deployment: Deployment
) -> None:
    """Past lines, numbered, then the status, then the end."""
    write(site, deployment, "[build] One", "[deploy] Two")
    await site.box.store.deployments.advance(deployment.id, Status.FAILED, error="broke")
    assert await read(site, url(deployment, "/stream")) == (
        "retry: 2000\n\n"
        "id: 0\ndata: [build] One\n\n"
        "id: 1\ndata: [deploy] Two\n\n"
        "event: end\ndata:failed\n\n"
    )


async def test_stream_follows_a_deployment_to_its_end(
    site: InProcess, deployment: Deployment, work: Work
) -> None:
    """What is written while somebody reads arrives, and the last line is not lost."""
    site.box.pipeline.submit(deployment)
    reading = asyncio.create_task(read(site, url(deployment, "/stream")))
    while not site.box.store.logs._followed:
        await asyncio.sleep(0)
    write(site, deployment, "[build] live")
    write(site, deployment, "[deploy] last")
    work.done.set()
    text = await reading
    assert "data: [build] live\n\n" in text
    assert "data: [deploy] last\n\n" in text
    assert text.endswith("event: end\ndata:pending\n\n")


@pytest.mark.parametrize("how", ["header", "query"])
async def test_stream_resumes_after_the_last_event(
    site: InProcess, deployment: Deployment, how: str
) -> None:
    """A reconnected reader gets each line once."""
    write(site, deployment, "a", "b", "c")
    address = url(deployment, "/stream" + ("?last_event_id=1" if how == "query" else ""))
    headers = {"Last-Event-ID": "1"} if how == "header" else None
    text = await read(site, address, headers)
    assert [line for line in text.splitlines() if line.startswith("data: ")] == ["data: c"]


async def test_stream_from_an_event_that_never_was_is_malformed(
    site: InProcess, deployment: Deployment
) -> None:
    """400 instead of a guess."""
    headers = {"Last-Event-ID": "next"}
    response = await site.client.get(url(deployment, "/stream"), headers=headers)
    assert response.status_code == 400


async def test_stream_ends_when_the_box_closes_and_does_not_claim_an_end(
    site: InProcess, deployment: Deployment
) -> None:
    """A restart of the box lets readers come back for the rest."""
    site.box.pipeline.submit(deployment)
    reading = asyncio.create_task(read(site, url(deployment, "/stream")))
    while not site.box.store.logs._followed:
        await asyncio.sleep(0)
    site.box.closing.set()
    site.box.store.logs.wake_all()
    assert "event: end" not in await reading


@pytest.mark.parametrize("loss", ["the key", "the membership"])
async def test_stream_ends_for_who_may_not_read_on(
    site: InProcess, deployment: Deployment, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    """A revoked key, or one of somebody who was let out of the project, is told nothing more."""
    monkeypatch.setattr(let_in, "_AGAIN_S", 0)
    store, member = site.box.store, await site.user("bob@box.test")
    await store.members.put(deployment.project_id, member.id, Role.MEMBER)
    headers = await site.key_of(member)
    site.box.pipeline.submit(deployment)
    reading = asyncio.create_task(read(site, url(deployment, "/stream"), headers))
    while not store.logs._followed:
        await asyncio.sleep(0)
    if loss == "the key":
        (key,) = await store.api_keys.of_user(member.id)
        await store.api_keys.delete(key.id, member.id)
    else:
        await store.members.delete(deployment.project_id, member.id)
    write(site, deployment, "secret")
    assert "secret" not in await asyncio.wait_for(reading, 30)


async def test_stream_is_cut_at_its_longest_life(tmp_path: Path, work: Work) -> None:
    """No connection stays for ever; its reader resumes."""
    async with open_site(tmp_path, work=work, stream_max_s=0) as site:
        deployment = await site.deployment(await site.project("shop"))
        site.box.pipeline.submit(deployment)
        text = await read(site, url(deployment, "/stream"))
        assert "[build] Waiting" in text
        assert "event: end" not in text


async def test_stream_that_is_quiet_gives_signs_of_life(
    site: InProcess, deployment: Deployment, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fifteen seconds, so that no proxy takes a long build step for a dead connection."""
    assert logs._QUIET_S == 15
    monkeypatch.setattr(logs, "_QUIET_S", 0.01)
    site.box.pipeline.submit(deployment)
    reading = asyncio.create_task(read(site, url(deployment, "/stream")))
    store = site.box.store.logs
    async with aclosing(store.follow(deployment.id, -1, work.done.is_set)) as pieces:
        quiet = 0  # as seen by who reads beside it
        async for piece in pieces:
            both = len(store._followed[deployment.id].woken) == 2
            quiet += both and not piece.rendered(lambda line: line.text.encode())
            if quiet == 3:
                work.done.set()
                store.wake_all()
    assert "\n\n: ping\n\n" in await reading


async def test_stream_carries_what_proxies_must_know(
    site: InProcess, deployment: Deployment
) -> None:
    """Nothing on the way keeps lines back."""
    response = await site.client.get(url(deployment, "/stream"))
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"


async def test_stream_counts_once_for_the_rate_limit(tmp_path: Path) -> None:
    """However many lines it has, it is one request."""
    async with open_site(tmp_path, rate_limit=10_000) as site:
        deployment = await site.deployment(await site.project("shop"))
        write(site, deployment, *["line"] * 500)
        before = await site.client.get("/v1/api-keys")
        await site.client.get(url(deployment, "/stream"))
        after = await site.client.get("/v1/api-keys")
        left = [int(one.headers["x-ratelimit-remaining"]) for one in (before, after)]
        assert left[0] - left[1] in {2, left[0] - 9999}  # or the minute has ended in between


async def test_line_of_the_log_is_json_safe(site: InProcess, deployment: Deployment) -> None:
    """Whatever bytes a build prints, the JSON stays JSON."""
    write(site, deployment, "\x00\x07</script>\u2028\ud800")
    response = await site.client.get(url(deployment), headers={"Accept": "application/json"})
    assert isinstance(json.loads(response.content)["data"], str)
