"""One round of `./tests/run chaos`: killed in each state that has a name, the box comes through.

All rounds, and all other faults: docs/reliability.md.
"""

from collections.abc import Iterator

import pytest

from tests.chaos.faults import Fault, Row, strike
from tests.chaos.kills import kills
from tests.chaos.world import World, small_world

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def world(python_base: str) -> Iterator[World]:  # noqa: ARG001 - it is there then
    with small_world() as world:
        yield world


@pytest.mark.parametrize("fault", kills(), ids=lambda fault: fault.name)
def test_box_that_is_killed_loses_nothing_and_leaves_nothing(world: World, fault: Fault) -> None:
    """No visitor loses a request, what was acknowledged holds, and nothing lies about."""
    row = Row(fault)
    strike(world, row)
    assert row.found.left == []
    assert fault.loses or row.found.kinds == {}
