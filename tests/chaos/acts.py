"""What people ask of a box while it breaks, and what they are promised by its answer."""

import secrets

from tests.chaos.promises import domain_is, paused, project_is, scaled, settles, variable_is
from tests.chaos.world import SPARE, Act, Promise, World, asked, files_of, wait_until


def deploy(
    slug: str = "one", *, steps: str = "", ends: tuple[str, ...] = ("running",), more: bool = False
) -> Act:
    """A fresh archive is uploaded; with `more` it has a release command."""

    def act(world: World) -> list[Promise]:
        files = files_of(slug, steps=steps)
        if more:
            files["sotabox.toml"] = 'release = "true"\n'
        try:
            answer = world.box.upload(slug, files)
        except OSError:
            return []
        return [settles(slug, answer.data["id"], *ends)] if answer.status == 202 else []

    return act


def redeploy(slug: str = "one") -> Act:
    """The release that runs is started again."""
    return _again("redeploy", slug)


def roll_back(slug: str) -> Act:
    """The release before the one that runs is started again."""
    return _again("rollback", slug)


def _again(verb: str, slug: str) -> Act:
    def act(world: World) -> list[Promise]:
        answer = asked(world, "POST", f"/projects/{slug}/{verb}")
        if answer is None or answer.status != 200:
            return []
        return [settles(slug, answer.data["id"], "running")]

    return act


def scale(slug: str, replicas: int) -> Act:
    """Another number of containers is to serve, from a redeploy on."""

    def act(world: World) -> list[Promise]:
        answer = asked(world, "PATCH", f"/projects/{slug}/settings", {"replicas": replicas})
        assert answer is not None, "no answer"
        assert answer.status == 200, answer.body
        return [*redeploy(slug)(world), scaled(slug, replicas)]

    return act


def cancel(world: World) -> list[Promise]:
    """A build that is under way is cancelled."""
    answer = world.box.upload(SPARE, files_of(SPARE, steps="RUN sleep 60\n"))
    id_ = answer.data["id"]
    wait_until(lambda: "sleep 60" in world.box.log_of(SPARE, id_), "the build")
    asked(world, "POST", f"/projects/{SPARE}/deployments/{id_}/cancel")
    return [settles(SPARE, id_, "stopped")]


def pause(world: World) -> list[Promise]:
    """A project is paused; after the round it goes on."""
    world.later.append(lambda: _resume(world))
    answer = asked(world, "POST", f"/projects/{SPARE}/pause")
    return [paused(SPARE)] if answer is not None and answer.status == 200 else []


def _resume(world: World) -> None:
    answer = world.box.request("POST", f"/v1/projects/{SPARE}/resume")
    if answer.status == 200:
        world.box.settled(SPARE, answer.data["id"])


def create(world: World) -> list[Promise]:
    """A project is made; after the round it goes."""
    slug = f"new-{secrets.token_hex(3)}"
    world.later.append(lambda: world.box.request("DELETE", f"/v1/projects/{slug}"))
    answer = asked(world, "POST", "/projects", {"name": slug, "slug": slug})
    return [project_is(slug, there=True)] if answer is not None and answer.status == 201 else []


def delete(slug: str) -> Act:
    """A project with a running app is deleted."""

    def act(world: World) -> list[Promise]:
        asked(world, "DELETE", f"/projects/{slug}")
        return [project_is(slug, there=False)]  # from the first write on it is as good as gone

    return act


def set_variable(world: World) -> list[Promise]:
    """A variable is set."""
    value = secrets.token_hex(8)
    answer = asked(world, "POST", f"/projects/{SPARE}/envs", {"key": "CHAOS", "value": value})
    acknowledged = answer is not None and answer.status < 300
    return [variable_is(SPARE, "CHAOS", value)] if acknowledged else []


def add_domain(world: World) -> list[Promise]:
    """A domain whose record is set already is added; after the round it goes."""
    domain = f"{secrets.token_hex(4)}.example.org"
    world.dns.records[domain] = [("CNAME", f"{SPARE}.localhost")]
    path = f"/projects/{SPARE}/domains"
    world.later.append(lambda: world.box.request("DELETE", f"/v1{path}/{domain}"))
    answer = asked(world, "POST", path, {"domain": domain})
    if answer is None or answer.status >= 300:
        return []
    return [domain_is(SPARE, domain, "verified", "active")]


def run_command(world: World) -> list[Promise]:
    """A one-off command that would go on; it ends with its reader."""
    asked(world, "POST", f"/projects/{SPARE}/run", {"command": "sleep 600"})
    return []
