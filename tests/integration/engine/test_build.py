"""Builds on the real BuildKit."""

import asyncio
import hashlib
import json
import secrets
import tarfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import docker
import pytest

from sotabox.engine.build import BuildRequest
from sotabox.engine.client import Engine, EngineError
from sotabox.engine.diagnosis import BuildFailed
from sotabox.engine.images import Images
from sotabox.engine.session import Session
from tests.integration.engine.box import Box, Run

pytestmark = pytest.mark.engine


async def test_build_of_a_context_gives_an_image_with_our_labels(box: Box) -> None:
    """What I upload becomes an image that the box finds again."""
    id_ = await box.build("FROM BASE\nCOPY hello /hello\nEXPOSE 8080\nUSER 1000\n", {"hello": b"x"})
    (image,) = await box.images.list_ours("p1")
    assert (image.id, image.exposed_ports, image.user) == (id_, (8080,), "1000")
    assert await box.images.list_ours("another") == []


async def test_build_log_lines_arrive_while_the_step_runs(box: Box) -> None:
    """I watch my build live, not after it."""
    seen: dict[str, float] = {}
    await box.build(
        "FROM BASE\nRUN echo first-$((1+1)); sleep 1; echo second-$((1+1))\n",
        on_line=lambda line: seen.setdefault(line.split(" ")[-1], time.monotonic()),
    )
    assert 0.8 < seen["second-2"] - seen["first-2"] < 3


async def test_build_step_that_fails_names_it_and_its_exit_code(box: Box) -> None:
    """A failed build tells me which command failed and how."""
    lines: list[str] = []
    with pytest.raises(BuildFailed) as caught:
        await box.build("FROM BASE\nRUN echo oh no; exit 3\n", on_line=lines.append)
    assert caught.value.exit_code == 3
    assert caught.value.message == "The step 'RUN echo oh no; exit 3' failed with exit code 3."
    assert any(line.endswith(" oh no") for line in lines)
    assert any(" ERROR: " in line for line in lines)


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        ("FRM BASE\n", "The Dockerfile has an error in line 1: unknown instruction: FRM"),
        ("FROM BASE\nCOPY nothere /x\n", "'nothere' is not in the upload, but the step"),
        ("FROM BASE\nCOPY --from=stage /nothere /x\n", "library/stage:latest' can't be reached"),
        ("FROM BASE AS a\nFROM BASE\nCOPY --from=a /nothere /x\n", "'nothere' does not exist, but"),
        ("# syntax=127.0.0.1:9/x:1\nFROM BASE\n", "image '127.0.0.1:9/x:1' can't be reached"),
        ("FROM 127.0.0.1:9/no/such:1\n", "The registry of the image '127.0.0.1:9/no/such:1' can't"),
        ("FROM BASE\nRUN sh -c 'kill -9 $$'; exit $?\n", "was killed (exit code 137)"),
        ("FROM BASE\nRUN nosuchprogram\n", "calls a program that is not there (exit code 127)"),
    ],
)
async def test_build_failure_is_told_in_words(box: Box, dockerfile: str, words: str) -> None:
    """I understand what is wrong with my Dockerfile without knowing BuildKit."""
    with pytest.raises(BuildFailed) as caught:
        await box.build(dockerfile)
    assert words in caught.value.message


async def test_build_without_a_dockerfile_says_so(box: Box) -> None:
    """A Dockerfile that I forgot is named."""

    with pytest.raises(BuildFailed, match=r"holds no other\.Dockerfile"):
        async with asyncio.timeout(20):
            await box.images.build(
                _context(),
                BuildRequest(
                    tag=f"{box.instance_id}:x",
                    labels={},
                    build_id="x",
                    dockerfile="other.Dockerfile",
                ),
                on_line=print,
                timeout_s=20,
            )


async def _context(size_bytes: int = 0) -> AsyncIterator[bytes]:
    """A context with nothing but a `Dockerfile` of that size, in small pieces."""
    entry = tarfile.TarInfo("Dockerfile")
    body = b"FROM scratch\n" + b"#" * size_bytes
    entry.size = len(body)
    yield entry.tobuf(tarfile.GNU_FORMAT)
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536].ljust(-(-len(body[start:]) // 512) * 512, b"\0")
    yield b"\0" * 1024


async def test_build_cancelled_ends_its_step_within_a_second(box: Box) -> None:
    """A deployment that I cancel stops eating the machine at once."""
    nonce = 100_000 + secrets.randbelow(900_000)
    running = asyncio.Event()
    task = asyncio.create_task(
        box.build(
            f"FROM BASE\nRUN trap '' TERM INT; echo up; sleep {nonce}\n",
            on_line=lambda line: running.set() if line.endswith(" up") else None,
        )
    )
    async with asyncio.timeout(20):
        await running.wait()
    await _until(lambda: _processes(nonce) == 1)
    begun = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _until(lambda: _processes(nonce) == 0)
    assert time.monotonic() - begun < 1


async def test_build_past_its_time_is_ended(box: Box) -> None:
    """A build that never ends does not hold up my next one."""
    nonce = 100_000 + secrets.randbelow(900_000)
    with pytest.raises(BuildFailed, match=r"ended after 1\.5 s"):
        await box.build(f"FROM BASE\nRUN sleep {nonce}\n", timeout_s=1.5)
    await _until(lambda: _processes(nonce) == 0)


async def test_build_whose_context_breaks_raises_its_error(box: Box) -> None:
    """An upload that can't be read is not blamed on Docker."""

    async def broken() -> AsyncIterator[bytes]:
        yield b"\0" * 512
        raise ValueError("the tree vanished")

    with pytest.raises(ValueError, match="the tree vanished"):
        await box.images.build(
            broken(),
            BuildRequest(tag=f"{box.instance_id}:x", labels={}, build_id=box.instance_id),
            on_line=print,
            timeout_s=20,
        )


async def test_build_refused_before_its_context_is_read_tells_why(box: Box) -> None:
    """A refusal reaches me although my upload was still on its way."""
    with pytest.raises(BuildFailed, match="not supported"):
        await box.images.build(
            _context(8_000_000),
            BuildRequest(
                tag=f"{box.instance_id}:x",
                labels={},
                build_id=box.instance_id,
                network="nosuch",
            ),
            on_line=print,
            timeout_s=20,
        )


async def test_secret_reaches_its_step_and_stays_out_of_the_image(box: Box) -> None:
    """My build can use a token that nobody finds in the image afterwards."""
    value = secrets.token_hex(16).encode()
    lines: list[str] = []
    session = Session(box.engine, secrets_by_id={"token": value})
    async with session:
        id_ = await box.build(
            "FROM BASE\n"
            "RUN --mount=type=secret,id=token,required=true wc -c </run/secrets/token\n"
            "RUN --mount=type=secret,id=other test ! -e /run/secrets/other\n",
            session=session,
            on_line=lines.append,
        )
    assert any(line.endswith(" 32") for line in lines)
    history = json.dumps(await box.engine.call("history", id_))
    config = json.dumps(await box.engine.call("inspect_image", id_))
    assert value.decode() not in history + config


async def test_large_secret_passes_the_window_of_the_session(box: Box) -> None:
    """An env file of hundreds of kilobytes reaches the build whole."""
    value = secrets.token_bytes(400_000)
    lines: list[str] = []
    async with Session(box.engine, secrets_by_id={"big": value}) as session:
        await box.build(
            "FROM BASE\nRUN --mount=type=secret,id=big sha256sum /run/secrets/big\n",
            session=session,
            on_line=lines.append,
        )
    assert any(hashlib.sha256(value).hexdigest() in line for line in lines)


async def test_missing_required_secret_fails_the_build_by_name(box: Box) -> None:
    """A secret that I forgot to set is named."""
    async with Session(box.engine) as session:
        with pytest.raises(BuildFailed, match="nope"):
            await box.build(
                "FROM BASE\nRUN --mount=type=secret,id=nope,required=true true\n", session=session
            )


async def test_image_in_use_is_not_removed(box: Box, run: Run) -> None:
    """Cleaning up never takes the image of a running app."""
    id_ = await box.build("FROM BASE\nENV A=1\n")
    container = await run("sleep 60", image=id_)
    assert await box.images.remove(id_) is False
    await box.containers.remove(container)
    assert await box.images.remove(id_) is True
    assert await box.images.remove(id_) is True
    assert await box.images.exists(id_) is None


async def test_dangling_images_of_another_box_stay(box: Box) -> None:
    """Two boxes on one engine don't clean up each other's images."""
    id_ = await box.build("FROM BASE\nENV A=2\n", tag=f"{box.instance_id}:same")
    newer = await box.build("FROM BASE\nENV A=3\n", tag=f"{box.instance_id}:same")
    await Images(Engine(f"unix://{box.engine.socket_path}", "another")).prune_dangling_ours()
    assert {image.id for image in await box.images.list_ours()} == {id_, newer}
    await box.images.prune_dangling_ours()
    assert {image.id for image in await box.images.list_ours()} == {newer}


async def test_tag_gives_an_image_one_more_name(box: Box) -> None:
    """A release keeps a name of its own."""
    id_ = await box.build("FROM BASE\nENV A=4\n")
    await box.images.tag(id_, f"{box.instance_id}/app:one")
    image = await box.images.exists(f"{box.instance_id}/app:one")
    assert image is not None
    assert image.id == id_


async def test_disk_usage_counts_the_images(box: Box) -> None:
    """I see how much disk Docker takes."""
    assert (await box.images.disk_usage()).images_bytes > 1_000_000


def _processes(nonce: int) -> int:
    """How many processes of this machine sleep for `nonce` seconds."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes() == b"sleep\0%d\0" % nonce
        except OSError:
            continue
    return found


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_image_in_a_file_is_loaded(box: Box, tmp_path: Path) -> None:
    """What another tool built for the engine becomes an image like any other."""
    id_ = await box.build("FROM BASE\nCOPY hello /hello\n", {"hello": secrets.token_bytes(8)})
    archive = tmp_path / "image.tar"
    with closing(docker.APIClient(timeout=60)) as client, archive.open("wb") as file:
        for part in client.get_image(id_):
            file.write(part)
    assert await box.images.remove(id_)
    assert await box.images.exists(id_) is None
    await box.images.load(archive)
    assert await box.images.exists(id_) is not None


async def test_file_that_is_no_image_is_refused(box: Box, tmp_path: Path) -> None:
    """A tool that left rubbish is told from one that built."""
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"rubbish" * 1000)
    with pytest.raises(EngineError):
        await box.images.load(archive)
