"""All of a version's containers are fit to serve, or none serves."""

import asyncio

import pytest

from sotabox.pipeline.failure import DeploymentFailed
from sotabox.pipeline.replicas import all_healthy


async def _passes() -> None:
    await asyncio.sleep(0)


async def _fails() -> None:
    await asyncio.sleep(0)
    raise DeploymentFailed("it exited with code 3", evidence=["no database"])


async def test_all_healthy_returns_when_each_has_passed() -> None:
    """The last one decides when a version may serve."""
    passed = asyncio.Event()

    async def last() -> None:
        await _passes()
        passed.set()

    await all_healthy([_passes(), last(), _passes()])
    assert passed.is_set()


async def test_one_that_fails_ends_the_checks_of_the_others() -> None:
    """A deployment fails at once, and names which of its containers was at fault."""
    ended = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(DeploymentFailed) as caught:
        await all_healthy([waits(), _fails()])
    assert caught.value.reason == "Replica 2: it exited with code 3"
    assert caught.value.evidence == ["no database"]
    assert ended.is_set()


async def test_single_one_that_fails_has_no_number() -> None:
    """Whoever never heard of replicas does not read of them."""
    with pytest.raises(DeploymentFailed) as caught:
        await all_healthy([_fails()])
    assert caught.value.reason == "it exited with code 3"
