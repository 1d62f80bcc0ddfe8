"""Figures of apps over time, on a real database."""

from sotabox.model.project import Project
from sotabox.model.sample import RINGS, Glance, Sample, Span
from sotabox.store.store import Store

HOUR = 1_800_000_000 - 1_800_000_000 % 3600


def sample(project_id: str, memory_bytes: int = 100) -> Sample:
    return Sample(
        project_id=project_id, seconds=30.0, cpu_ms=600, memory_bytes=memory_bytes, ok=3,
        duration_ms=12, within=(0, *[3] * 10), received_bytes=5, sent_bytes=7,
    )  # fmt: skip


async def test_samples_are_seen_in_each_resolution(store: Store, project: Project) -> None:
    """Ten minutes: twenty half minutes, two rows of five minutes, one of the hour."""
    for number in range(20):
        await store.samples.add(HOUR + 30 * number, [sample(project.id, 100 + number)])
    now = HOUR + 600
    minutes = await store.samples.series(project.id, Span.HOUR, now)
    assert [row.at for row in minutes] == [HOUR + 30 * number for number in range(20)]
    fives = await store.samples.series(project.id, Span.DAY, now)
    assert [(row.seconds, row.cpu_ms, row.ok, row.memory_bytes) for row in fives] == [
        (300.0, 6000, 30, 109),
        (300.0, 6000, 30, 119),
    ]
    (hour,) = await store.samples.series(project.id, Span.WEEK, now)
    assert (hour.seconds, hour.ok, hour.cpu_cores, hour.mean_ms) == (600.0, 60, 0.02, 4.0)
    assert (hour.within[:2], hour.latency_ms(0.5)) == ((0, 60), 7.5)
    assert (hour.received_bytes, hour.sent_bytes) == (100, 140)
    glances = [Glance(HOUR, 0.02, 109), Glance(HOUR + 300, 0.02, 119)]
    assert await store.samples.glances([project.id, "gone"], now) == {project.id: glances}


async def test_an_app_has_a_bounded_number_of_rows(store: Store, project: Project) -> None:
    """However long it lives: 576 rows, and what came since the last hour began."""
    for moment in range(HOUR, HOUR + 9 * 24 * 3600, 600):
        await store.samples.add(moment, [sample(project.id)])
    (count,) = await store.database.all("SELECT count(*) AS number FROM samples")
    assert count["number"] <= sum(ring.kept_s // ring.step_s for ring in RINGS.values()) + 180


async def test_project_that_was_deleted_meanwhile_is_left_out(
    store: Store, project: Project
) -> None:
    """Its figures go with it, and the others' are kept."""
    await store.samples.add(HOUR, [sample("gone"), sample(project.id)])
    assert len(await store.samples.series(project.id, Span.HOUR, HOUR)) == 1
    await store.projects.delete(project.id)
    assert await store.samples.series(project.id, Span.HOUR, HOUR) == []
