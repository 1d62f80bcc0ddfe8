"""Visitors of several apps at once, who keep count of how they were served."""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.box import Answer, Box
from tests.integration.router.load import Load


@contextmanager
def visitors(box: Box, slugs: Iterable[str], pause_s: float = 0.02) -> Iterator[dict[str, Load]]:
    """Visitors of each app for the time of the block; afterwards their counts are final."""
    loads = {
        slug: Load(
            box.port,
            f"{slug}.localhost",
            connections=3,
            fresh=1,
            pause_s=pause_s,
            make_socket=box.make_socket,
        )
        for slug in slugs
    }
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, _hammer(loads))
        try:
            yield loads
        finally:
            for load in loads.values():
                load.end()
            running.result()


async def _hammer(loads: dict[str, Load]) -> None:
    async with asyncio.TaskGroup() as group:
        for load in loads.values():
            group.create_task(load.run())


def failures(loads: dict[str, Load]) -> dict[str, dict[str, int]]:
    """By app, the visits that did not end well; an app that nobody visited is a failure, too."""
    return {
        slug: load.failures or {"nobody came": 1}
        for slug, load in loads.items()
        if load.failures or not load.outcomes
    }


def served_by(box: Box, slugs: Iterable[str]) -> dict[str, str]:
    """By address, which app answers there: itself, or the status of what came instead."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(slugs, pool.map(lambda slug: _app(box, slug), slugs), strict=True))


def _app(box: Box, slug: str) -> str:
    try:
        answer: Answer = box.visit(slug)
    except ConnectionError:
        return "nobody"
    return str(json.loads(answer.body)["app"]) if answer.status == 200 else str(answer.status)


def wait_until_served(box: Box, slugs: Iterable[str], within_s: float) -> float:
    """The seconds until each address served its own app; never another's meanwhile."""
    wanted = {slug: slug for slug in slugs}
    began = time.monotonic()
    while (seen := served_by(box, wanted)) != wanted:
        strangers = {at: app for at, app in seen.items() if app in wanted and app != at}
        assert not strangers, strangers
        assert time.monotonic() - began < within_s, (seen, box.log_text())
        time.sleep(0.05)
    return time.monotonic() - began
