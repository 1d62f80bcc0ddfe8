"""What a fault left behind: rows, containers, networks, images, files and processes too many or too few."""

import json
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import httpx
from docker.errors import APIError, DockerException

from tests.appliance.visitors import served_by
from tests.chaos.world import APPS, Promise, World
from tests.machine.sweep import LABEL

SETTLED = ("running", "stopped", "failed")
PAGES = "unix/"


def find(world: World, promises: list[Promise]) -> list[str]:
    """Everything that is not as it should be, in words; nothing when all is well."""
    try:
        if (status := world.box.request("GET", "/readyz", timeout_s=10).status) != 200:
            return [f"the box is not ready: {status}"]
        served = served_by(world.box, APPS)
        wrong = [f"{at} is served by {app}" for at, app in served.items() if at != app]
        wrong += [broken for promise in promises if (broken := promise(world))]
        wrong += _of_rows(world)
        wrong += _of_router(world)
        wrong += _of_files(world)
    except (OSError, HTTPException, httpx.HTTPError, DockerException, APIError) as error:
        return [f"somebody does not answer: {type(error).__name__}: {error}"]
    return wrong


def _of_rows(world: World) -> Iterator[str]:
    deployments = world.rows("SELECT * FROM deployments")
    projects = {row["id"]: row["slug"] for row in world.rows("SELECT * FROM projects")}
    for row in deployments:
        if row["status"] not in SETTLED:
            yield f"deployment {row['number']} of {projects[row['project_id']]} is {row['status']}"
    with world.engine.client() as engine:
        mine = {"label": f"{LABEL}={world.box.instance_id}"}
        containers = engine.api.containers(all=True, filters=mine)
        networks = engine.api.networks(filters=mine)
        images = engine.api.images(filters=mine, all=False)
        all_images = {image["Id"] for image in engine.api.images()}
    running = {
        replica["container_id"]
        for row in deployments
        if row["status"] == "running"
        for replica in json.loads(row["replicas"])
    }
    there = {item["Id"]: item for item in containers}
    for id_ in there.keys() - running:
        yield f"container {there[id_]['Names'][0]} ({there[id_]['State']}) serves nobody"
    for id_ in running - there.keys():
        yield f"container {id_} is gone"
    for id_ in running & there.keys():
        if there[id_]["State"] != "running":
            yield f"container {there[id_]['Names'][0]} is {there[id_]['State']}"
    owners = sorted(network["Labels"]["sotabox.project"] for network in networks)
    if owners != sorted(projects):
        yield f"networks of {owners} instead of {sorted(projects)}"
    kept = {row["image_id"] for row in deployments if row["image_id"]}
    for image in images:
        if image["Id"] not in kept:
            yield f"image {image['RepoTags'] or image['Id']} belongs to no row"
    for image_id in kept - all_images:
        yield f"image {image_id} is gone"


def _of_router(world: World) -> Iterator[str]:
    folder = world.box.directory / "router"
    rows = world.rows(
        "SELECT p.id, p.slug, d.replicas FROM projects p "
        "LEFT JOIN deployments d ON d.project_id = p.id AND d.status = 'running'",
    )
    files = (folder / "upstreams").glob("*.upstream")
    told = {path.stem: path.read_text(errors="replace") for path in files}
    for row in rows:
        upstream = told.pop(row["id"], None)
        serving = " ".join(replica["address"] for replica in json.loads(row["replicas"] or "[]"))
        wanted = upstream == serving if serving else _is_page(upstream)
        if not wanted:
            yield f"upstream of {row['slug']} is {upstream} instead of {serving or 'a page'}"
    for stray in told:
        yield f"upstream file of {stray}, which is no project"
    in_force = _config(folder / "run" / "admin.sock")
    if json.dumps(in_force) != _as_json(folder / "caddy.json"):
        yield "Caddy's document on disk is not the one in force"
    hosts = json.dumps(in_force)
    for row in rows:
        if f'"{row["slug"]}.localhost"' not in hosts:
            yield f"{row['slug']} has no route"


def _as_json(path: Path) -> str | None:
    try:
        return json.dumps(json.loads(path.read_bytes()))
    except ValueError:
        return None


def _is_page(upstream: str | None) -> bool:
    return upstream is not None and upstream.startswith(PAGES)


def _config(admin: Path) -> Any:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(admin)), timeout=10) as client:
        return client.get("http://localhost/config/").json()


def _of_files(world: World) -> Iterator[str]:
    root = world.box.directory
    deployments = {row["id"] for row in world.rows("SELECT id FROM deployments")}
    for name in ("uploads", "trees"):
        yield from (f"file {path.relative_to(root)}" for path in (root / name).iterdir())
    for path in (root / "archives").iterdir():
        if path.name.removesuffix(".tar.gz") not in deployments:
            yield f"archive {path.name} without a row"
    for path in (root / "logs").iterdir():
        if path.name.removesuffix(".log") not in deployments:
            yield f"log {path.name} without a row"
    for pattern in ("*.tmp", "*.new", ".*.new", "*.part", ".*.part", "work"):
        for folder in (root, root / "router", root / "router" / "upstreams", root / "scratch"):
            yield from (f"torso {path.relative_to(root)}" for path in folder.glob(pattern))
    yield from (f"torso {path.name}" for path in world.backups.glob(".*"))
