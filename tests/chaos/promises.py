"""What a box acknowledged, and whether it holds after a fault."""

from tests.chaos.world import Promise, World

FINAL = ("running", "stopped", "failed")


def settles(slug: str, deployment_id: str, *statuses: str) -> Promise:
    """A deployment that was accepted comes to one of these ends."""

    def broken(world: World) -> str | None:
        deployment = world.box.deployment(slug, deployment_id)
        status = deployment["status"]
        if status in statuses:
            return None
        return f"deployment {deployment['number']} of {slug} is {status}: {deployment['error']}"

    return broken


def scaled(slug: str, replicas: int) -> Promise:
    """As many containers serve as were asked for."""

    def broken(world: World) -> str | None:
        serving = world.box.request("GET", f"/v1/projects/{slug}").data["replicas"]
        return None if serving == replicas else f"{serving} containers of {slug}, not {replicas}"

    return broken


def variable_is(slug: str, key: str, value: str) -> Promise:
    """A variable that was set has its value."""

    def broken(world: World) -> str | None:
        rows = world.box.request("GET", f"/v1/projects/{slug}/envs").data
        kept = {row["key"]: row["value"] for row in rows}
        return None if kept.get(key) == value else f"variable {key} of {slug} is lost"

    return broken


def project_is(slug: str, *, there: bool) -> Promise:
    """A project that was made is there, one that was deleted isn't."""

    def broken(world: World) -> str | None:
        status = world.box.request("GET", f"/v1/projects/{slug}").status
        return None if (status == 200) == there else f"project {slug}: {status}"

    return broken


def domain_is(slug: str, domain: str, *statuses: str) -> Promise:
    """A domain that was added is there, and verified by now."""

    def broken(world: World) -> str | None:
        rows = world.box.request("GET", f"/v1/projects/{slug}/domains").data
        kept = {row["domain"]: row["status"] for row in rows}
        found = kept.get(domain)
        return None if found in statuses else f"domain {domain} is {found}"

    return broken


def paused(slug: str) -> Promise:
    """A project that was paused shows the page that says so."""

    def broken(world: World) -> str | None:
        answer = world.box.visit(slug)
        said = b"paused" in answer.body.lower() or b"stopped" in answer.body.lower()
        return None if answer.status == 503 and said else f"{slug} is not paused: {answer.status}"

    return broken


def image_is(slug: str, deployment_id: str) -> Promise:
    """A pulled image has our name alone, and is noted as its owner's, whose credentials brought it."""

    def broken(world: World) -> str | None:
        [row] = world.rows(
            "SELECT d.image_id, p.user_id FROM deployments d "
            "JOIN projects p ON p.id = d.project_id WHERE d.id = ?",
            deployment_id,
        )
        if row["image_id"] is None:
            return f"{slug} has no image"
        owners = world.rows(
            "SELECT user_id FROM private_images WHERE image_id = ?", row["image_id"]
        )
        if [owner["user_id"] for owner in owners] != [row["user_id"]]:
            return f"the image of {slug} is not its owner's alone"
        with world.engine.client() as engine:
            names = engine.images.get(row["image_id"]).tags
        expected = [f"sotabox/{slug}:{deployment_id[:8]}"]
        return None if names == expected else f"the image of {slug} is named {names}"

    return broken
