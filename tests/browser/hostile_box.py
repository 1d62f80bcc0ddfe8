"""A box with a hostile text in whatever a person, a repository, an app or a receiver may say."""

import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from tests.box import Box, archive, multipart
from tests.machine.git_server import GitServer

#: Leaves any place in a page, and is marked: an element, a handler, a template, an entity.
_TAIL = """'"></textarea></title><b/pwned>&lt;<img/src/onerror=pwned()>{{7*7}}"""
#: The same without `/`, for what is one part of a path.
_FLAT = """'"><b pwned>&lt;<img src onerror=pwned()>{{7*7}}"""

PYTHON = "python:3.13-slim"
APP = """import json, os, http.server, threading, time
TEXT = os.environ["TEXT"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
while True:
    print("\\x1b[31m" + TEXT + "\\x1b]0;x\\x07\\x1b[0m", flush=True)
    time.sleep(0.5)
"""


class Marks:
    """The hostile texts that were handed out, by the names with which they begin."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def text(self, name: str) -> str:
        """At most 100 characters, no space: fits a name, a path and a URL's query."""
        return self.made.setdefault(name, name + _TAIL)

    def flat(self, name: str) -> str:
        """The same without a `/`."""
        return self.made.setdefault(name, name + _FLAT)


@contextmanager
def receiving(body: str) -> Iterator[str]:
    """A receiver of webhooks that refuses each with `body`; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fill(box: Box, server: GitServer, receiver: str, marks: Marks) -> dict[str, str]:
    """Says something hostile in every way that there is; the ids of what was made."""
    ask(box, "POST", "/v1/api-keys", {"name": marks.text("key")})
    email = marks.text("user") + "@box.test"
    user = ask(box, "POST", "/v1/users", {"email": email})["id"]
    ask(box, "POST", "/v1/partners", {"name": marks.text("partner")})
    registry = {"host": "r.test", "username": marks.text("login"), "password": "x"}
    ask(box, "POST", "/v1/registries", registry)
    ids = {"user": user} | run_app(box, marks) | fail_to_start(box, marks)
    ids["fetched"] = fetch(box, server, marks)
    base = "/v1/projects/hostile"
    ask(box, "POST", f"{base}/members", {"email": email})
    ids["domain"] = ask(box, "POST", f"{base}/domains", {"domain": "a.example.com"})["domain"]["id"]
    hook = {"url": f"{receiver}/?{marks.text('hook')}", "events": ["deploy.failed"]}
    ids["webhook"] = ask(box, "POST", f"{base}/webhooks", hook)["id"]
    ask(box, "POST", f"{base}/webhooks/{ids['webhook']}/ping")
    assert box.request("DELETE", f"{base}/envs/{quote(marks.flat('target'))}").status == 404
    return ids


def ask(box: Box, method: str, path: str, body: Any = None) -> Any:
    """What the API answers to what it takes."""
    answer = box.request(method, path, body)
    assert answer.status < 300, (method, path, answer.body)
    return answer.json.get("data")


def run_app(box: Box, marks: Marks) -> dict[str, str]:
    """An app that shouts when it is built and while it runs, and versions that fail."""
    ask(box, "POST", "/v1/projects", {"name": marks.text("project"), "slug": "hostile"})
    for key, value in {"TEXT": "print", "VALUE": "value"}.items():
        variable = {"key": key, "value": marks.text(value)}
        ask(box, "POST", "/v1/projects/hostile/envs", variable)
    shout = f"\x1b[32m{marks.text('build')}\x1b]8;;javascript:pwned()\x07link\x1b]8;;\x07\n"
    base = f"FROM {PYTHON}\nCOPY . /\n"
    files = {"app.py": APP, "shout": shout, "mark": secrets.token_hex(8)}  # never a cached step
    run = files | {"Dockerfile": base + "RUN cat /shout\nCMD python -u /app.py"}
    live = deploy(box, "hostile", run, marks.flat("archive"))
    assert live["status"] == "running", box.log_of("hostile", live["id"])
    crash = {
        "Dockerfile": base + "CMD cat /shout; exit 3",
        "shout": "Error: " + marks.text("crash"),
    }
    crashed = deploy(box, "hostile", crash, "crash.tar.gz")
    assert (crashed["status"], "code 3" in crashed["error"]) == ("failed", True), crashed
    return {"deployment": live["id"], "crashed": crashed["id"]}


def fail_to_start(box: Box, marks: Marks) -> dict[str, str]:
    """A project whose settings are hostile, down to the command that starts it."""
    ask(box, "POST", "/v1/projects", {"name": "Settings", "slug": "settings"})
    settings = {
        "root_directory": marks.text("root"),
        "start_command": marks.text("start"),
        "build_command": f"echo {marks.text('compile')} '",
        "health_path": "/" + marks.text("health"),
    }
    base = "/v1/projects/settings"
    ask(box, "PATCH", f"{base}/settings", settings)
    tree = {"main.py": "print(1)", f"{marks.flat('file')}.py": ""}
    astray = deploy(box, "settings", tree, "x")
    assert "root directory" in astray["error"], astray
    ask(box, "PATCH", f"{base}/settings", {"root_directory": None})
    unstarted = deploy(box, "settings", tree, "x")
    assert unstarted["status"] == "failed", unstarted
    ask(box, "PATCH", f"{base}/settings", {"root_directory": settings["root_directory"]})
    return {"astray": astray["id"], "unstarted": unstarted["id"]}


def fetch(box: Box, server: GitServer, marks: Marks) -> str:
    """What a repository says: its address, a directory of it, a commit and its author."""
    repository = f"public/{marks.text('repo')}"
    (server.root / repository).mkdir(parents=True)
    server.git(repository, "init", "--quiet", "--initial-branch=main")
    directory = marks.text("folder")
    dockerfile = f"FROM {PYTHON}\nRUN false\n"
    server.commit(repository, {f"{directory}/Dockerfile": dockerfile}, marks.text("message"))
    asked = {"git": server.url(repository), "directory": directory}
    made = ask(box, "POST", "/v1/projects/hostile/deploy", asked)
    failed = box.settled("hostile", made["id"])
    assert failed["commit"]["message"] == marks.made["message"], failed
    id_: str = made["id"]
    return id_


def deploy(box: Box, slug: str, files: Mapping[str, str], name: str) -> dict[str, Any]:
    """Sends an archive of this name and waits; the settled deployment."""
    body, kind = multipart(archive(files))
    quoted = name.replace('"', "%22")  # as browsers do
    body = body.replace(b"archive.tar.gz", quoted.encode(), 1)
    path = f"/v1/projects/{slug}/deploy"
    answer = box.request("POST", path, body, headers={"Content-Type": kind})
    assert answer.status == 202, answer.body
    return box.settled(slug, answer.data["id"])
