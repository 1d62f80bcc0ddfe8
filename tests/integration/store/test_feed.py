"""The feed, keys of repeated requests, and the variables that deployments keep."""

import sqlite3

import pytest

from sotabox.model.deployment import Deployment, Source, Status
from sotabox.model.environment import EnvVar, Target
from sotabox.model.project import Project
from sotabox.model.user import Role, User
from sotabox.store.idempotency import Once, Repeated
from sotabox.store.store import Store

LONG_AGO = "2000-01-01T00:00:00.000Z"


async def pending(store: Store, project: Project, id_: str, once: Once | None = None) -> Deployment:
    deployment, _ = await store.deployments.insert_pending(id_, project.id, "u", 100, once)
    return deployment


async def types(store: Store, user_id: str | None, after: int = 0) -> list[str]:
    return [event.type for event in await store.feed.after(after, user_id, 1000)]


async def test_changes_are_told_in_order_with_the_reader_who_may_see_them(
    store: Store, user: User, project: Project
) -> None:
    """A member of a project hears what happens in it; a stranger hears nothing."""
    friend = await store.users.insert("friend@box.test", Role.MEMBER, None)
    stranger = await store.users.insert("stranger@box.test", Role.MEMBER, None)
    assert friend is not None
    assert stranger is not None
    await store.members.put(project.id, friend.id, Role.VIEWER)
    await pending(store, project, "d")
    await store.deployments.advance("d", Status.FAILED, error="x")
    told = ["project.created", "deployment.pending", "deployment.failed"]
    assert await types(store, user.id) == told
    assert await types(store, friend.id) == told
    assert await types(store, None) == told
    assert await types(store, stranger.id) == []


@pytest.mark.usefixtures("project")
async def test_change_that_is_rolled_back_is_not_told(store: Store, user: User) -> None:
    """An event and what it tells of are one transaction."""
    _, newest = await store.feed.bounds()
    with pytest.raises(sqlite3.IntegrityError):
        async with store.database.transaction() as transaction:
            await transaction.execute("UPDATE projects SET name = 'x'")
            await transaction.execute("INSERT INTO projects (id) VALUES (NULL)")
    assert await types(store, user.id, newest) == []


async def test_feed_is_bounded(store: Store, project: Project) -> None:
    """However much happens, what is kept stays the same; the ids go on."""
    async with store.database.transaction() as transaction:
        await transaction.execute("UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'events'")
    await store.projects.rename(project.id, "Other")
    assert await store.feed.bounds() == (20001, 20001)


async def test_key_is_claimed_once_with_its_deployment(
    store: Store, user: User, project: Project
) -> None:
    """The second request makes nothing, and supersedes nothing either."""
    once = Once(user.id, "key", "digest", LONG_AGO)
    await pending(store, project, "first", once)
    with pytest.raises(Repeated) as caught:
        await pending(store, project, "second", once)
    assert (caught.value.deployment_id, caught.value.same) == ("first", True)
    first = await store.deployments.find("first")
    assert first is not None
    assert first.status is Status.PENDING
    assert await store.deployments.find("second") is None
    other = Once(user.id, "key", "another", LONG_AGO)
    with pytest.raises(Repeated) as caught:
        await store.idempotency.check(other)
    assert not caught.value.same


async def test_key_that_is_too_old_may_be_used_again(
    store: Store, user: User, project: Project
) -> None:
    """After its day a key means nothing any more."""
    await pending(store, project, "first", Once(user.id, "key", "digest", LONG_AGO))
    later = Once(user.id, "key", "another", "2999-01-01T00:00:00.000Z")
    await store.idempotency.check(later)
    await pending(store, project, "second", later)


def variable(key: str, value: str, target: Target = Target.BOTH) -> EnvVar:
    return EnvVar(
        id=key, project_id="p", key=key, value=value, target=target, created_at="", updated_at=""
    )


async def test_variables_of_a_deployment_are_kept_sealed_and_shared(
    store: Store, project: Project
) -> None:
    """The same variables are kept once, whatever their order; nobody reads them in the file."""
    secret = "s3cret-value-in-the-clear"
    a, b = variable("A", secret), variable("B", "2", Target.RUN)
    digest = await store.env_snapshots.keep(project.id, [b, a])
    assert await store.env_snapshots.keep(project.id, [a, b]) == digest
    assert await store.env_snapshots.find(project.id, digest) == [a, b]
    assert await store.env_snapshots.keep(project.id, [a, variable("B", "2")]) != digest
    assert await store.env_snapshots.find("another", digest) is None
    assert secret.encode() not in store.folders.database.read_bytes()


async def test_variables_go_with_the_last_image_that_needs_them(
    store: Store, user: User, project: Project
) -> None:
    """What can't be rolled back to needs no secrets."""
    digest = await store.env_snapshots.keep(project.id, [variable("A", "1")])
    await pending(store, project, "d")
    await store.deployments.advance("d", Status.BUILDING)
    built = await store.deployments.advance("d", Status.BUILT, image_id="sha256:1", port=80)
    assert built is not None
    await store.deployments.record("d", env_digest=digest)
    again = await store.deployments.insert_deploying(
        "e", built, Source.REDEPLOY, user.id, env_digest=digest
    )
    assert again.env_digest == digest
    for id_ in ("d", "e"):
        await store.deployments.advance(id_, Status.FAILED, error="x")
    await store.releases.forget(project.id, "sha256:other")
    assert await store.env_snapshots.find(project.id, digest) is not None
    await store.releases.forget(project.id, "sha256:1")
    assert await store.env_snapshots.find(project.id, digest) is None


async def test_pause_ends_all_and_running_ends_the_pause(
    store: Store, user: User, project: Project
) -> None:
    """In one transaction each: no row says that something runs in a paused project."""
    await pending(store, project, "d")
    for status in (Status.BUILDING, Status.BUILT, Status.DEPLOYING):
        await store.deployments.advance("d", status)
    await store.deployments.advance_to_running("d", phases={}, url="x")
    await pending(store, project, "waiting")
    stopped = await store.deployments.pause(project.id)
    assert [(d.id, d.status, d.error) for d in stopped] == [
        ("d", Status.STOPPED, None),
        ("waiting", Status.STOPPED, "The project was paused"),
    ]
    paused = await store.projects.find(project.id)
    assert paused is not None
    assert paused.paused
    await store.deployments.insert_deploying("e", stopped[0], Source.REDEPLOY, user.id)
    await store.deployments.advance_to_running("e", phases={}, url="x")
    resumed = await store.projects.find(project.id)
    assert resumed is not None
    assert not resumed.paused
    told = await types(store, user.id)
    assert told.index("project.paused") < told.index("project.resumed")
