"""Every state that a kill can leave, as a value: what is repaired, and what must never happen."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotabox.engine.container import Container
from sotabox.engine.labels import Role
from sotabox.model.deployment import Deployment, Status
from sotabox.pipeline.recovery import (
    FinishSwap,
    Keep,
    Rebuild,
    Repair,
    ReplaceContainer,
    Resubmit,
    Retire,
    SendVisitors,
    ShowPage,
    StartContainer,
    plan_repairs,
)
from tests.unit.pipeline.world import (
    ENDED,
    PAUSED,
    PORT,
    WAITING,
    World,
    container,
    deployment,
    target,
)

OLD = container("old", "r", "10.0.0.2")
NEW = container("new", "d", "10.0.0.3", policy="no")
STOPPED_OLD = container("old", "r", "10.0.0.2", running=False)
STOPPED_NEW = container("new", "d", "10.0.0.3", running=False, policy="no")
TO_OLD = target(OLD)
TO_NEW = target(NEW)
RUNNING = deployment("r", Status.RUNNING, OLD)
PENDING = deployment("d", Status.PENDING)
BUILDING = deployment("d", Status.BUILDING)
BUILT = deployment("d", Status.BUILT)
DEPLOYING = deployment("d", Status.DEPLOYING)


def plan(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    active: str = "",
    draining: str = "",
    lost: str = "",
) -> list[Repair]:
    return plan_repairs(
        deployments,
        containers,
        upstream,
        active=frozenset(active.split()),
        draining=frozenset(draining.split()),
        lost=frozenset(lost.split()),
    )


@pytest.mark.parametrize(
    ("deployments", "containers", "upstream", "repairs"),
    [
        # Nothing was ever deployed, or nothing runs any more.
        ([], [], None, [ShowPage(None)]),
        ([], [], WAITING, []),
        ([], [], TO_OLD, [ShowPage(None)]),
        ([], [OLD], TO_OLD, [ShowPage(None), Retire(OLD)]),
        # All is well.
        ([RUNNING], [OLD], TO_OLD, []),
        # The one that serves: stopped, gone, not kept, or visitors are elsewhere.
        (
            [RUNNING],
            [STOPPED_OLD],
            TO_OLD,
            [StartContainer(RUNNING, STOPPED_OLD), SendVisitors(RUNNING)],
        ),
        (
            [RUNNING],
            [STOPPED_OLD],
            WAITING,
            [StartContainer(RUNNING, STOPPED_OLD), SendVisitors(RUNNING)],
        ),
        ([RUNNING], [], TO_OLD, [ReplaceContainer(RUNNING, 0), SendVisitors(RUNNING)]),
        ([RUNNING], [], None, [ReplaceContainer(RUNNING, 0), SendVisitors(RUNNING)]),
        ([RUNNING], [OLD], WAITING, [SendVisitors(RUNNING)]),
        ([RUNNING], [OLD], None, [SendVisitors(RUNNING)]),
        ([RUNNING], [OLD], TO_NEW, [SendVisitors(RUNNING)]),
        # Killed while one waited, was built, or was built already.
        ([PENDING], [], WAITING, [Resubmit(PENDING, restart=False)]),
        ([BUILDING], [], WAITING, [Resubmit(BUILDING, restart=True)]),
        ([BUILT], [], WAITING, [Resubmit(BUILT, restart=False)]),
        ([RUNNING, PENDING], [OLD], TO_OLD, [Resubmit(PENDING, restart=False)]),
        ([RUNNING, BUILDING], [OLD], TO_OLD, [Resubmit(BUILDING, restart=True)]),
        # Killed before the candidate was made, while it was probed, and when it was just stopped.
        ([RUNNING, DEPLOYING], [OLD], TO_OLD, [Resubmit(DEPLOYING, restart=False)]),
        (
            [RUNNING, DEPLOYING],
            [OLD, NEW],
            TO_OLD,
            [Retire(NEW), Resubmit(DEPLOYING, restart=False)],
        ),
        (
            [RUNNING, DEPLOYING],
            [OLD, STOPPED_NEW],
            TO_OLD,
            [Retire(STOPPED_NEW), Resubmit(DEPLOYING, restart=False)],
        ),
        # Killed between the rename and the transaction.
        ([RUNNING, DEPLOYING], [OLD, NEW], TO_NEW, [FinishSwap(DEPLOYING, (NEW,)), Retire(OLD)]),
        ([DEPLOYING], [NEW], TO_NEW, [FinishSwap(DEPLOYING, (NEW,))]),
        # The same, but a reboot has stopped the candidate: it was never kept, so it starts over.
        (
            [RUNNING, DEPLOYING],
            [OLD, STOPPED_NEW],
            TO_NEW,
            [SendVisitors(RUNNING), Retire(STOPPED_NEW), Resubmit(DEPLOYING, restart=False)],
        ),
        (
            [RUNNING, DEPLOYING],
            [STOPPED_OLD, STOPPED_NEW],
            TO_NEW,
            [
                StartContainer(RUNNING, STOPPED_OLD),
                SendVisitors(RUNNING),
                Retire(STOPPED_NEW),
                Resubmit(DEPLOYING, restart=False),
            ],
        ),
        (
            [DEPLOYING],
            [STOPPED_NEW],
            TO_NEW,
            [ShowPage(None), Retire(STOPPED_NEW), Resubmit(DEPLOYING, restart=False)],
        ),
        # Killed between the transaction and the drain.
        (
            [deployment("d", Status.RUNNING, NEW)],
            [OLD, NEW],
            TO_NEW,
            [Keep(NEW), Retire(OLD)],
        ),
    ],
)
def test_repairs_of_what_a_kill_left_are_these(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    repairs: list[Repair],
) -> None:
    """Whatever moment a kill chooses, the next start does this and nothing else."""
    assert repairs == plan(deployments, containers, upstream)


def plan_paused(
    deployments: list[Deployment], containers: list[Container], upstream: str | None
) -> list[Repair]:
    return plan_repairs(
        deployments, containers, upstream, active=frozenset(), draining=frozenset(), page=PAUSED
    )


@pytest.mark.parametrize(
    ("deployments", "containers", "upstream", "repairs"),
    [
        # All is well; or killed right after the rows said that it is paused.
        ([], [], PAUSED, []),
        ([], [], None, [ShowPage(PAUSED)]),
        ([], [], WAITING, [ShowPage(PAUSED)]),
        ([], [OLD], TO_OLD, [ShowPage(PAUSED), Retire(OLD)]),
        ([], [OLD], PAUSED, [Retire(OLD)]),
        # Killed while it is brought back: before its container, with it, and after the rename.
        ([DEPLOYING], [], PAUSED, [Resubmit(DEPLOYING, restart=False)]),
        ([DEPLOYING], [NEW], PAUSED, [Retire(NEW), Resubmit(DEPLOYING, restart=False)]),
        ([DEPLOYING], [NEW], TO_NEW, [FinishSwap(DEPLOYING, (NEW,))]),
    ],
)
def test_paused_project_stays_so_until_something_is_swapped_in(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    repairs: list[Repair],
) -> None:
    """No start of the box brings a paused app back; its visitors get the page that says so."""
    assert repairs == plan_paused(deployments, containers, upstream)


def test_active_deployment_keeps_its_candidate() -> None:
    """A repair during a deployment touches neither its row nor its container."""
    assert plan([RUNNING, DEPLOYING], [OLD, NEW], TO_OLD, active="d") == []


def test_running_deployment_whose_task_still_ends_is_repaired_as_any() -> None:
    """The moment between a swap and the end of its task hides nothing from a repair."""
    now_running = deployment("d", Status.RUNNING, NEW)
    assert plan([now_running], [NEW, OLD], TO_NEW, active="d") == [Keep(NEW), Retire(OLD)]


def test_draining_container_is_not_retired_twice() -> None:
    """What drains already goes on draining."""
    now_running = deployment("d", Status.RUNNING, NEW)
    kept = replace(NEW, restart_policy="unless-stopped")
    assert plan([now_running], [OLD, kept], TO_NEW, draining="old") == []


def test_container_of_a_release_command_never_serves() -> None:
    """A leftover of a release command goes, even where the upstream names its address."""
    migrating = container("new", "d", "10.0.0.3", role=Role.RELEASE)
    repairs = plan([DEPLOYING], [migrating], TO_NEW)
    assert repairs == [ShowPage(None), Retire(migrating), Resubmit(DEPLOYING, restart=False)]


def test_second_container_of_the_running_deployment_is_retired() -> None:
    """A replacement that was made, but not noted before the kill, does not stay for ever."""
    twin = container("twin", "r", "10.0.0.9")
    assert plan([RUNNING], [OLD, twin], TO_OLD) == [Retire(twin)]


def test_container_that_lost_its_address_is_replaced() -> None:
    """A container that somebody took off its network can't be reached: another is made."""
    lost = replace(OLD, address=None, fixed_address=None)
    assert plan([RUNNING], [lost], TO_OLD) == [ReplaceContainer(RUNNING, 0), SendVisitors(RUNNING)]


@pytest.mark.parametrize(
    ("deployments", "containers", "upstream", "repairs"),
    [
        # Restored on a fresh machine: nothing is there but rows and archives.
        ([RUNNING], [], None, [ShowPage(None), Rebuild(RUNNING)]),
        ([RUNNING], [], WAITING, [Rebuild(RUNNING)]),
        ([RUNNING], [], TO_OLD, [ShowPage(None), Rebuild(RUNNING)]),
        # A newer version waits as well: it has its turn, whatever comes of the older one.
        ([RUNNING, PENDING], [], WAITING, [Rebuild(RUNNING), Resubmit(PENDING, restart=False)]),
        ([RUNNING], [NEW], WAITING, [Rebuild(RUNNING), Retire(NEW)]),
        # A container is all that serving needs, with or without its image.
        ([RUNNING], [OLD], TO_OLD, []),
        (
            [RUNNING],
            [STOPPED_OLD],
            TO_OLD,
            [StartContainer(RUNNING, STOPPED_OLD), SendVisitors(RUNNING)],
        ),
        # It was swapped out just before the restore's backup: nothing to bring back.
        ([DEPLOYING], [NEW], TO_NEW, [FinishSwap(DEPLOYING, (NEW,))]),
    ],
)
def test_running_deployment_whose_image_is_lost_is_built_again(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    repairs: list[Repair],
) -> None:
    """Visitors read that nothing is there yet, until what was built of the archive serves them."""
    assert repairs == plan(deployments, containers, upstream, lost="r")


def test_lost_image_of_another_deployment_changes_nothing() -> None:
    """Only what serves is built again by a repair; a rollback builds what it needs by itself."""
    assert plan([RUNNING], [], TO_OLD, lost="x") == [
        ReplaceContainer(RUNNING, 0),
        SendVisitors(RUNNING),
    ]


def states_of(whole: Container) -> list[Container | None]:
    """A container that runs, is stopped, and is gone."""
    return [whole, replace(whole, running=False, pid=0, address=None), None]


A, B, C = (container(id_, "r", f"10.0.0.{n}") for n, id_ in enumerate("abc", start=20))
X, Y, Z = (container(id_, "d", f"10.0.0.{n}", policy="no") for n, id_ in enumerate("xyz", start=30))
THREE = deployment("r", Status.RUNNING, A, B, C)
TO_THREE = target(A, B, C)
STOPPED_B = replace(B, running=False, address=None)


@pytest.mark.parametrize(
    ("deployments", "containers", "upstream", "repairs"),
    [
        ([THREE], [A, B, C], TO_THREE, []),
        ([THREE], [C, B, A], TO_THREE, []),
        # One is stopped, one is gone, all are gone; visitors are with some of them only.
        (
            [THREE],
            [A, STOPPED_B, C],
            TO_THREE,
            [StartContainer(THREE, STOPPED_B), SendVisitors(THREE)],
        ),
        ([THREE], [A, C], TO_THREE, [ReplaceContainer(THREE, 1), SendVisitors(THREE)]),
        (
            [THREE],
            [],
            TO_THREE,
            [*(ReplaceContainer(THREE, ordinal) for ordinal in range(3)), SendVisitors(THREE)],
        ),
        ([THREE], [A, B, C], target(A, B), [SendVisitors(THREE)]),
        # Killed while candidates were started and probed.
        (
            [THREE, DEPLOYING],
            [A, B, C, X, Y],
            TO_THREE,
            [Retire(X), Retire(Y), Resubmit(DEPLOYING, restart=False)],
        ),
        # Killed between the rename and the transaction; one made twice by a repeated try goes.
        (
            [THREE, DEPLOYING],
            [A, B, C, X, Y, Z],
            target(X, Y),
            [FinishSwap(DEPLOYING, (X, Y)), Retire(A), Retire(B), Retire(C), Retire(Z)],
        ),
        # The same, but one candidate has ended meanwhile: a version is whole, or it starts over.
        (
            [THREE, DEPLOYING],
            [A, B, C, X, replace(Y, running=False, address=None)],
            target(X, Y),
            [
                SendVisitors(THREE),
                Retire(X),
                Retire(replace(Y, running=False, address=None)),
                Resubmit(DEPLOYING, restart=False),
            ],
        ),
        # Killed between the transaction and the drain, from three to one, and to three.
        (
            [deployment("d", Status.RUNNING, X)],
            [A, B, C, X],
            target(X),
            [Keep(X), Retire(A), Retire(B), Retire(C)],
        ),
        (
            [deployment("d", Status.RUNNING, X, Y, Z)],
            [A, X, Y, Z],
            target(X, Y, Z),
            [Keep(X), Keep(Y), Keep(Z), Retire(A)],
        ),
    ],
)
def test_replicas_are_repaired_one_by_one_and_swapped_together(
    deployments: list[Deployment],
    containers: list[Container],
    upstream: str | None,
    repairs: list[Repair],
) -> None:
    """Each container of a version counts; visitors are with all of a version or with none of it."""
    assert repairs == plan(deployments, containers, upstream)


def test_lost_image_is_not_built_again_while_one_replica_serves() -> None:
    """What serves goes on; what can't be made again is tried again by the next repair."""
    repairs = plan([THREE], [B], TO_THREE, lost="r")
    assert repairs == [ReplaceContainer(THREE, 0), ReplaceContainer(THREE, 2), SendVisitors(THREE)]


EVERY_WORLD = list(
    itertools.product(
        [None, RUNNING],
        [None, PENDING, BUILDING, BUILT, DEPLOYING],
        states_of(OLD),
        states_of(NEW),
        [None, WAITING, TO_OLD, TO_NEW, f"10.0.0.77:{PORT}"],
        [False, True],
        [False, True],
        [False, True],
    )
)


def hold_to_invariants(world: World) -> None:
    """Repairs `world`, and looks whether all that we promise holds."""
    busy = {d for d in world.active if world.deployments[d].status is not Status.RUNNING}
    untouched = {id_: c for id_, c in world.containers.items() if c.deployment_id in busy}
    rows = {id_: world.deployments[id_] for id_ in busy}

    world.repair()  # asserts on the way: no dead end, nobody who serves is retired

    assert untouched.items() <= world.containers.items()
    assert not untouched.keys() & world.draining - DRAINED_BEFORE
    assert rows.items() <= world.deployments.items()
    running = [d for d in world.deployments.values() if d.status is Status.RUNNING]
    assert len(running) <= 1
    if running:
        serving = [world.containers[replica.container_id] for replica in running[0].replicas]
        assert all(container.running for container in serving)
        assert world.upstream == target(*serving)
    else:
        assert world.upstream == (PAUSED if world.paused else WAITING)
    assert {d.id for d in world.deployments.values() if d.status not in ENDED} - world.active <= {
        d.id for d in running
    }
    assert world.plan() == []
    world.drain()
    assert world.plan() == []


DRAINED_BEFORE = {"old"}


@pytest.mark.parametrize("has_running", [False, True])
def test_every_combination_reaches_a_fixed_point(has_running: bool) -> None:
    """From each of 1800 states, one round of repairs leaves nothing to repair, and harms nobody."""
    tried = 0
    for running, under_way, old, new, upstream, active, draining, paused in EVERY_WORLD:
        if (running is not None) != has_running:
            continue
        rows = [d for d in (running, under_way) if d is not None]
        hold_to_invariants(
            World(
                {d.id: d for d in rows},
                {c.id: c for c in (old, new) if c is not None},
                upstream,
                active={"d"} if active and under_way else set(),
                draining={"old"} if draining and old else set(),
                paused=paused,
            )
        )
        tried += 1
    assert tried == 1800


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any number of deployments and containers, related or not."""
    statuses = draw(
        st.lists(st.sampled_from([s for s in Status if s is not Status.RUNNING]), max_size=4)
    )
    ids = [f"d{i}" for i in range(len(statuses))]
    containers = {
        f"c{i}": container(
            f"c{i}",
            draw(st.sampled_from([*ids, "r", "stranger"])),
            f"10.0.1.{i}",
            running=draw(st.booleans()),
            policy=draw(st.sampled_from(["no", "unless-stopped"])),
            role=draw(st.sampled_from([Role.APP, Role.APP, Role.RELEASE, Role.COMMAND])),
        )
        for i in range(draw(st.integers(0, 5)))
    }
    rows = {id_: deployment(id_, status) for id_, status in zip(ids, statuses, strict=True)}
    if draw(st.booleans()):
        own = [c for c in containers.values() if c.deployment_id == "r"]
        gone = container("gone", "r", "10.0.2.1")
        serving = draw(
            st.lists(st.sampled_from([*own, gone]), min_size=1, max_size=3, unique_by=id)
        )
        rows["r"] = deployment("r", Status.RUNNING, *serving)
    by_deployment = [
        target(*(c for c in containers.values() if c.deployment_id == id_))
        for id_ in {c.deployment_id for c in containers.values()}
    ]
    each = map(target, containers.values())
    upstreams = [None, WAITING, "10.0.9.9:8080", *each, *by_deployment]
    unended = [d.id for d in rows.values() if d.status not in ENDED]
    return World(
        rows,
        containers,
        draw(st.sampled_from(upstreams)),
        active=draw(st.sets(st.sampled_from(unended))) if unended else set(),
        paused=draw(st.booleans()),
    )


@settings(max_examples=300, deadline=None)
@given(worlds())
def test_any_world_is_repaired_without_harm(world: World) -> None:
    """However many deployments and strays: visitors end where somebody answers, once and for all."""
    hold_to_invariants(world)
