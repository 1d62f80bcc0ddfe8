import shutil
from pathlib import Path

import pytest

from sotabox.router.files import RouterFiles
from sotabox.router.upstream import Upstreams, check_target, paused_target, waiting_target


@pytest.fixture
def upstreams(tmp_path: Path) -> Upstreams:
    made = Upstreams(tmp_path / "upstreams")
    made.prepare()
    return made


def test_point_again_replaces_the_target(upstreams: Upstreams) -> None:
    """After a swap there is the new upstream and no trace of the old one."""
    upstreams.point("p1", "10.213.0.2:8080")
    upstreams.point("p1", "10.213.0.34:3000")
    assert upstreams.read("p1") == "10.213.0.34:3000"
    assert upstreams.known() == {"p1": "10.213.0.34:3000"}
    assert [path.name for path in upstreams.path("p1").parent.iterdir()] == ["p1.upstream"]


def test_point_replaces_the_file_and_never_rewrites_it(upstreams: Upstreams) -> None:
    """Who reads while we swap sees a whole address, the old one or the new one."""
    upstreams.point("p1", "10.213.0.2:8080")
    with upstreams.path("p1").open() as reader:
        upstreams.point("p1", "10.213.0.3:8080")
        assert reader.read() == "10.213.0.2:8080"


def test_point_file_may_be_read_by_another_user(upstreams: Upstreams) -> None:
    """Caddy may run as a user of its own."""
    upstreams.point("p1", "10.213.0.2:8080")
    assert upstreams.path("p1").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "target",
    ["", "10.213.0.2", "10.213.0.2:", "10.213.0.2:0", "10.213.0.2:65536", "10.0.0.2:80\n", "app:80",
     "unix/relative", "unix//a b", "{env.HOME}:80", "10.0.0.2:8\u0660"],
)  # fmt: skip
def test_point_target_that_nobody_could_dial_changes_nothing(
    target: str, upstreams: Upstreams
) -> None:
    """A mistake of ours never replaces an upstream that works."""
    upstreams.point("p1", "10.213.0.2:8080")
    with pytest.raises(ValueError):
        upstreams.point("p1", target)
    assert upstreams.known() == {"p1": "10.213.0.2:8080"}


def test_check_target_takes_addresses_and_the_page_sockets() -> None:
    """Apps on both versions of IP, and the pages that stand in for them."""
    files = RouterFiles(Path("/srv/box"))
    for target in ("10.0.0.2:80", "[fd00::2]:8080", waiting_target(files), paused_target(files)):
        check_target(target)
    assert waiting_target(files) != paused_target(files)


@pytest.mark.parametrize("project_id", ["", "../x", "a/b", ".hidden", "a}b", "x" * 65])
def test_path_of_a_hostile_id_is_refused(project_id: str, upstreams: Upstreams) -> None:
    """An id can't lead out of the folder or into Caddy's placeholder."""
    with pytest.raises(ValueError):
        upstreams.path(project_id)


def test_remove_is_repeatable(upstreams: Upstreams) -> None:
    """A delete that was interrupted can be done again."""
    upstreams.point("p1", "10.213.0.2:8080")
    upstreams.remove("p1")
    upstreams.remove("p1")
    assert upstreams.read("p1") is None
    assert upstreams.known() == {}


def test_prepare_throws_away_what_a_kill_left(upstreams: Upstreams) -> None:
    """Half-written files of a killed process are neither read nor kept."""
    upstreams.point("p1", "10.213.0.2:8080")
    left = upstreams.path("p1").with_name(".p1.0123abcd.new")
    left.write_text("10.2")
    assert upstreams.known() == {"p1": "10.213.0.2:8080"}
    upstreams.prepare()
    assert not left.exists()
    assert upstreams.read("p1") == "10.213.0.2:8080"


@pytest.mark.parametrize("trouble", ["removed", "garbled", "without its folder"])
def test_upstream_that_is_lost_is_put_back(upstreams: Upstreams, trouble: str) -> None:
    """Somebody tidies up in the wrong folder: visitors come through again in seconds."""
    upstreams.prepare()
    upstreams.point("p1", "10.213.0.2:8080")
    match trouble:
        case "removed":
            upstreams.path("p1").unlink()
        case "garbled":
            upstreams.path("p1").write_bytes(bytes([255, 0, 7]))
        case _:
            shutil.rmtree(upstreams.path("p1").parent)
    assert upstreams.put_back() == ["p1"]
    assert upstreams.read("p1") == "10.213.0.2:8080"
    assert upstreams.put_back() == []


def test_upstream_that_leads_elsewhere_is_not_put_back(upstreams: Upstreams) -> None:
    """Another target may be right, and removed projects stay removed."""
    upstreams.prepare()
    for project_id in ("p1", "p2"):
        upstreams.point(project_id, "10.213.0.2:8080")
    upstreams.path("p1").write_text("10.213.0.3:8080")
    upstreams.remove("p2")
    assert upstreams.put_back() == []
    assert upstreams.read("p1") == "10.213.0.3:8080"
    assert upstreams.read("p2") is None
