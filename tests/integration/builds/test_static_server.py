"""Sites of files, served by the real Caddy with the configuration of their image."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sotabox.builds.static_server import render_config

FILES = {
    "index.html": "<h1>home</h1>",
    "about.html": "about",
    "docs/index.html": "docs",
    "404.html": "nothing here",
    "app.js": "let a = 1;" * 100,
    "packed.js": "let a = 1;" * 100,
    "packed.js.gz": "pretend",
    "app.3f2a9c1b.js": "x",
    "assets/index-DiwrgTda.js": "x",
    "assets/site-navigation.js": "x",
    "photo-20240101.jpg": "x",
    "_next/static/chunks/main.js": "x",
    ".env": "SECRET=1",
    ".git/config": "x",
    ".well-known/security.txt": "Contact: x",
    ".well-known/.hidden": "x",
}


def serve(
    caddy: Path, port: int, folder: Path, files: dict[str, str], *, fallback: bool
) -> Iterator[httpx.Client]:
    for name, text in files.items():
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    config = folder / "Caddyfile"
    config.write_text(render_config(fallback=fallback))
    environ = {"PORT": str(port), "SITE_DIR": str(folder / "site"), "HOME": str(folder)}
    process = subprocess.Popen(
        [caddy, "run", "--adapter", "caddyfile", "--config", config],
        env=os.environ | environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        transport = httpx.HTTPTransport(retries=8)  # until it listens
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport) as client:
            yield client
    finally:
        process.terminate()
        assert process.wait(timeout=15) == 0


@pytest.fixture(scope="module")
def site(
    caddy: Path, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    yield from serve(caddy, free_port(), tmp_path_factory.mktemp("site"), FILES, fallback=False)


@pytest.fixture(scope="module")
def spa(
    caddy: Path, free_port: Callable[[], int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    files = {"index.html": "the app", "app.js": "x", "health": "mine"}
    yield from serve(caddy, free_port(), tmp_path_factory.mktemp("spa"), files, fallback=True)


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/", 200, "<h1>home</h1>"),
        ("/about", 200, "about"),
        ("/about.html", 200, "about"),
        ("/docs/", 200, "docs"),
        ("/missing", 404, "nothing here"),
        ("/missing.js", 404, "nothing here"),
        ("/health", 200, "ok"),
        ("/.env", 404, "nothing here"),
        ("/.git/config", 404, "nothing here"),
        ("/.well-known/security.txt", 200, "Contact: x"),
        ("/.well-known/.hidden", 404, "nothing here"),
        ("/../../etc/passwd", 404, "nothing here"),
        ("/%2e%2e/%2e%2e/etc/passwd", 404, "nothing here"),
    ],
)
def test_site_path_answers(site: httpx.Client, path: str, status: int, text: str) -> None:
    """Clean URLs, an own page for what is missing, and no hidden file."""
    answer = site.get(path)
    assert (answer.status_code, answer.text) == (status, text)


def test_site_folder_without_slash_is_redirected(site: httpx.Client) -> None:
    """Relative links of a folder's page work however it was asked for."""
    answer = site.get("/docs")
    assert answer.status_code == 308
    assert answer.headers["location"].endswith("/docs/")


@pytest.mark.parametrize(
    ("path", "immutable"),
    [
        ("/", False),
        ("/about", False),
        ("/app.js", False),
        ("/app.3f2a9c1b.js", True),
        ("/assets/index-DiwrgTda.js", True),
        ("/assets/site-navigation.js", False),
        ("/photo-20240101.jpg", False),
        ("/_next/static/chunks/main.js", True),
        ("/_next/static/chunks/gone.js", False),
        ("/gone.3f2a9c1b.js", False),
    ],
)
def test_site_only_hashed_names_are_kept_for_ever(
    site: httpx.Client, path: str, immutable: bool
) -> None:
    """A new deploy is seen at once, and a hashed file is loaded once."""
    header = site.get(path).headers.get("cache-control", "")
    assert ("immutable" in header) is immutable
    assert immutable or header == "no-cache"


def test_site_page_is_revalidated_by_its_etag(site: httpx.Client) -> None:
    """What a browser has already is not sent again."""
    tag = site.get("/").headers["etag"]
    assert site.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_site_compressed_neighbour_is_sent(site: httpx.Client) -> None:
    """A .gz beside a file saves compressing it."""
    with site.stream("GET", "/packed.js", headers={"Accept-Encoding": "gzip"}) as answer:
        assert b"".join(answer.iter_raw()) == b"pretend"
        assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("method", "path", "accept", "status"),
    [
        ("GET", "/deep/page", "text/html,*/*", 200),
        ("HEAD", "/deep/page", "text/html", 200),
        ("GET", "/gone.js", "*/*", 404),
        ("POST", "/deep/page", "text/html", 404),
        ("GET", "/app.js", "text/html", 200),
        ("GET", "/health", "*/*", 200),
    ],
)
def test_spa_only_pages_fall_back(
    spa: httpx.Client, method: str, path: str, accept: str, status: int
) -> None:
    """A deep link opens the app; a missing script is missing."""
    answer = spa.request(method, path, headers={"Accept": accept})
    assert answer.status_code == status
    if path == "/deep/page" and method == "GET":
        assert answer.text == "the app"
    if path == "/health":
        assert answer.text == "mine"
