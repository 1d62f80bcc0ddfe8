"""What happened between two looks."""

from collections.abc import Mapping

from sotabox.engine.usage import Usage
from sotabox.router.requests import HostRequests, Requests
from sotabox.upkeep.sampler import Look, samples

HOSTS = {"shop.box.test": "p1", "shop.example": "p1", "blog.box.test": "p2"}


def look(
    at: float, usages: Mapping[str, Usage], hosts: Mapping[str, HostRequests], *c1: str
) -> Look:
    return Look(
        at=at,
        slugs={"p1": "shop"},
        containers={"p1": c1 or ("c1",)},
        usages=usages,
        requests=Requests(1.0, hosts),
        hosts=HOSTS,
    )


def test_sample_is_the_difference_of_two_looks() -> None:
    """All hosts of a project count for it; memory is what it is at the end."""
    before = look(
        100,
        {"c1": Usage(1_000_000, 10, 100, 7)},
        {"shop.box.test": HostRequests({2: 1}, (1,) * 11, 0.5)},
    )
    after = look(
        130,
        {"c1": Usage(4_000_000, 20, 300, 8)},
        {
            "shop.box.test": HostRequests({2: 3, 5: 1}, (0,) * 3 + (3,) * 8, 2.5),
            "shop.example": HostRequests({3: 1, 4: 2}, (2,) + (3,) * 10, 0.5),
            "other.test": HostRequests({2: 9}),
        },
    )
    (sample,) = samples(before, after)
    assert sample.project_id == "p1"
    assert (sample.seconds, sample.cpu_ms, sample.memory_bytes) == (30, 3000, 20)
    assert (sample.ok, sample.redirect, sample.client_error, sample.server_error) == (2, 1, 2, 1)
    assert (sample.duration_ms, sample.slow) == (2500, 1)
    assert sample.within == (1, 2, 2, *[5] * 8)
    assert (sample.received_bytes, sample.sent_bytes) == (200, 1)
    assert sample.cpu_cores == 0.1
    assert sample.requests == 6


def test_new_version_counts_from_its_start() -> None:
    """A swap between two looks makes no figure negative."""
    before = look(100, {"c1": Usage(9_000_000, 10)}, {})
    after = look(130, {"c2": Usage(2_000_000, 20)}, {}, "c2")
    assert samples(before, after)[0].cpu_ms == 2000


def test_container_that_started_again_makes_nothing_negative() -> None:
    """Its counter began anew: what it used until then is not known."""
    before = look(100, {"c1": Usage(9_000_000, 10)}, {})
    assert samples(before, look(130, {"c1": Usage(5, 10)}, {}))[0].cpu_ms == 0


def test_app_whose_group_can_not_be_read_has_its_requests() -> None:
    """Where there are no control groups, graphs of requests still are."""
    before = look(100, {}, {"shop.example": HostRequests({2: 1})})
    (sample,) = samples(before, look(130, {}, {"shop.example": HostRequests({2: 4})}))
    assert (sample.ok, sample.cpu_ms) == (3, 0)


def test_replicas_count_together() -> None:
    """An app's use is that of all its containers; one that began meanwhile counts from its start."""
    before = look(100, {"c1": Usage(1_000_000, 10, 5, 1)}, {}, "c1", "c2")
    usages = {"c1": Usage(3_000_000, 20, 6, 1), "c2": Usage(500_000, 7, 2, 9)}
    (sample,) = samples(before, look(130, usages, {}, "c1", "c2"))
    assert (sample.cpu_ms, sample.memory_bytes) == (2500, 27)
    assert (sample.received_bytes, sample.sent_bytes) == (3, 9)
