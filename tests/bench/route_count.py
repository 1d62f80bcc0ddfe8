"""Requests a second through Caddy with one route and with very many, of two boxes in turns."""

import re
import subprocess
from typing import Final

from tests.bench.ask import fill
from tests.bench.table import show
from tests.box import running_box

ROUTES: Final = 1_000
CONNECTIONS: Final = 16
ROUNDS: Final = 4
ROUND_S: Final = 4
_APP: Final = {"index.html": "<h1>hello</h1>"}


def run(routes: int = ROUTES, rounds: int = ROUNDS, round_s: int = ROUND_S) -> None:
    """Prints the rates of the only route, and of the first and the last of many."""
    with running_box() as few, running_box() as many:
        few.create("shop")
        assert few.deploy("shop", _APP)["status"] == "running"
        fill(many, routes)
        assert many.deploy("shop", _APP)["status"] == "running"
        many.stop()
        many.start()
        asked = {
            "the only route": (few.port, "shop.localhost"),
            f"the first of {routes:,}": (many.port, "shop.localhost"),
            f"the last of {routes:,}": (many.port, f"n{routes - 1}.example.org"),
        }
        found: dict[str, list[float]] = {name: [] for name in asked}
        for port, host in asked.values():
            _rate(port, host, 1)
        for _ in range(rounds):
            for name, (port, host) in asked.items():
                found[name].append(_rate(port, host, round_s))
    about = f"Requests of a small page through Caddy, {CONNECTIONS} connections"
    show(about, list(found.items()), "1/s")


def _rate(port: int, host: str, seconds: int) -> float:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-H", f"Host: {host}"]
    command.append(f"http://127.0.0.1:{port}/")
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate, said
    return float(rate[1])
