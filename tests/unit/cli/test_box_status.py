"""The box on one screen."""

from sotabox.cli.box_status import BoxStatus, render
from sotabox.operations.host import Facts, Memory

FACTS = Facts(
    disk_total=40_000_000_000,
    disk_free=17_000_000_000,
    memory=Memory(1_900_000_000, 800_000_000),
    cores=2,
    load=0.42,
    uptime_s=1000.0,
    engine="28.2.2",
    usage=None,
    router="2.11.7",
    sotabox_bytes=354_000,
)


def test_screen_says_all_that_one_asks_first() -> None:
    """Whether it serves, how full it is, what it runs: without a second command."""
    apps = (("running", "shop", "https://shop.example.com"), ("failed", "blog", ""))
    status = BoxStatus(
        version="1.0.0", url="https://example.com", problem=None, facts=FACTS, apps=apps
    )
    assert render(status) == [
        "https://example.com  * serving",
        "  sotabox   1.0.0, 354 kB of data",
        "  memory    1.1 GB of 1.9 GB used",
        "  cpu       2 cores, load 0.4",
        "  disk      17.0 GB of 40.0 GB free",
        "  engine    Docker 28.2.2",
        "  router    Caddy 2.11.7",
        "  projects  2: 1 failed, 1 running",
        "    shop  running  https://shop.example.com",
        "    blog  failed",
    ]


def test_box_that_does_not_serve_says_why_first() -> None:
    """At night the first line is the answer."""
    status = BoxStatus(
        version="1.0.0", url="https://example.com", problem="no answer", facts=FACTS, apps=()
    )
    first, *_, last = render(status)
    assert first == "https://example.com  * not serving: no answer"
    assert last == "  projects  0"
