import asyncio
import os
import signal
import socket
import stat
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sotabox.errors import RouterRefused, RouterUnavailable
from sotabox.router.handle import Handle
from sotabox.router.process import Caddy
from sotabox.router.terms import TlsPolicy
from sotabox.settings import TlsMode
from tests.integration.router.box import MakeApp, MakeBox, MakeSettings


async def test_start_twice_adopts_the_running_caddy(make_box: MakeBox, caddy: Path) -> None:
    """A restart of sotabox finds its Caddy, with the same routes, and touches nothing."""
    box = make_box()
    routes = [box.route("shop")]
    first = await box.caddy.start(routes)
    again = Caddy(caddy, box.settings, os.environ)
    second = await again.start(routes)
    changed = await again.apply(routes)
    await again.close()
    assert (first.adopted, second.adopted) == (False, True)
    assert first.pid == second.pid
    assert not changed


async def test_start_with_another_version_replaces_the_running_caddy(
    make_box: MakeBox, make_app: MakeApp, caddy: Path, tmp_path: Path
) -> None:
    """After an upgrade the new Caddy serves, with the same routes."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    first = await box.caddy.start([box.route("shop")])
    upgraded = tmp_path / "caddy"
    upgraded.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && echo v99.0.0 && exit\nexec {caddy} "$@"\n'
    )
    upgraded.chmod(0o755)
    successor = Caddy(upgraded, box.settings, os.environ)
    second = await successor.start([box.route("shop")])
    answer = await box.client.get("/", headers=box.at("shop"))
    await successor.stop()
    await successor.close()
    assert not second.adopted
    assert second.version == "v99.0.0"
    assert second.pid != first.pid
    assert answer.status_code == 200


async def test_caddy_outlives_the_process_that_started_it(
    make_settings: MakeSettings, caddy: Path
) -> None:
    """Sotabox may be killed at any moment; Caddy goes on and is taken over by the next."""
    settings = make_settings()
    code = (
        "import asyncio, os\n"
        "from pathlib import Path\n"
        "from sotabox.router.terms import RouterSettings, TlsPolicy\n"
        "from sotabox.router.files import RouterFiles\n"
        "from sotabox.router.process import Caddy\n"
        "from sotabox.settings import TlsMode\n"
        "async def main():\n"
        f"    settings = RouterSettings(files=RouterFiles(Path({str(settings.files.data_dir)!r})),\n"
        f"        http_port={settings.http_port}, bind='127.0.0.1', grace_s=1,\n"
        "        tls=TlsPolicy(TlsMode.OFF))\n"
        f"    started = await Caddy(Path({str(caddy)!r}), settings, os.environ).start([])\n"
        "    print(started.pid, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(child.communicate(), 30)
    heir = Caddy(caddy, settings, os.environ)
    started = await heir.start([])
    await heir.stop()
    await heir.close()
    assert child.returncode == -signal.SIGKILL
    assert started.adopted
    assert started.pid == int(output)


async def test_spawned_caddy_has_a_session_of_its_own_and_nothing_of_ours(
    make_box: MakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key press in our terminal does not reach it; our secrets and open files don't either."""
    monkeypatch.setenv("SOTABOX_SECRET", "hidden")
    kept = (tmp_path / "kept").open("w")
    os.set_inheritable(kept.fileno(), True)
    box = make_box()
    await box.caddy.start([])
    process = Path(f"/proc/{box.caddy.pid}")
    descriptors = [str(link.readlink()) for link in (process / "fd").iterdir()]
    kept.close()
    assert os.getsid(box.caddy.pid) == box.caddy.pid
    assert "hidden" not in (process / "environ").read_text()
    assert kept.name not in descriptors
    assert str(box.settings.files.lock) in descriptors


async def test_admin_socket_is_out_of_reach_for_others(make_box: MakeBox) -> None:
    """Only the user that sotabox runs as can tell Caddy what to do."""
    box = make_box()
    await box.caddy.start([])
    folder = box.settings.files.run.stat()
    socket_file = box.settings.files.admin_socket.stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert stat.S_IMODE(socket_file.st_mode) & 0o077 == 0


async def test_apply_new_host_is_served_and_kept_on_disk(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A new project's name works after one call, and after a reboot."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([])
    before = await box.client.get("/", headers=box.at("shop"))
    assert await box.caddy.apply([box.route("shop")])
    after = await box.client.get("/", headers=box.at("shop"))
    assert not await box.caddy.apply([box.route("shop")])
    assert (before.status_code, after.status_code) == (404, 200)
    assert "shop.localhost" in box.settings.files.config.read_text()


async def test_refused_document_leaves_the_former_one(
    make_box: MakeBox, make_app: MakeApp, caddy: Path
) -> None:
    """A configuration that Caddy does not take hurts nobody: not now and not after a reboot."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    former = box.settings.files.config.read_bytes()
    policy = TlsPolicy(TlsMode.AUTO, ca="https://ca.example", ca_roots=("/nowhere/root.pem",))
    bad = Caddy(caddy, replace(box.settings, domain="example.com", tls=policy), os.environ)
    with pytest.raises(RouterRefused, match=r"root\.pem"):
        await bad.start([])
    await bad.close()
    answer = await box.client.get("/", headers=box.at("shop"))
    assert answer.status_code == 200
    assert box.settings.files.config.read_bytes() == former


async def test_change_whose_answer_is_lost_is_taken_back_by_the_next(
    make_box: MakeBox, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project that was removed is gone, also when Caddy was too slow to say that it had it."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([])
    load = box.caddy.admin.load

    async def lose_the_answer(document: bytes) -> None:
        await load(document)
        raise RouterUnavailable("Caddy does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(box.caddy.admin, "load", lose_the_answer)
        with pytest.raises(RouterUnavailable):
            await box.caddy.apply([box.route("shop")])
    between = await box.client.get("/", headers=box.at("shop"))
    assert await box.caddy.apply([])
    after = await box.client.get("/", headers=box.at("shop"))
    assert (between.status_code, after.status_code) == (200, 404)


async def test_change_on_a_full_disk_is_served_and_kept_once_there_is_room(
    make_box: MakeBox, make_app: MakeApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes nothing hurts neither my new project nor the box."""
    monkeypatch.setattr("sotabox.router.process._LOOK_EVERY_S", 0.05)
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([])
    config = box.settings.files.config
    obstacle = config.with_name(f".{config.name}.new")
    obstacle.mkdir()
    watching = asyncio.create_task(box.caddy.watch())
    assert await box.caddy.apply([box.route("shop")])
    answer = await box.client.get("/", headers=box.at("shop"))
    kept_while_full = "shop.localhost" in config.read_text()
    obstacle.rmdir()
    async with asyncio.timeout(30):
        while "shop.localhost" not in config.read_text():
            await asyncio.sleep(0.01)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert (answer.status_code, kept_while_full) == (200, False)


async def test_refused_first_document_is_never_started(make_box: MakeBox) -> None:
    """Nothing is started, and nothing wrong kept, when the very first document is bad."""
    policy = TlsPolicy(TlsMode.AUTO, ca="https://ca.example", ca_roots=("/nowhere/root.pem",))
    box = make_box(domain="example.com", tls=policy)
    with pytest.raises(RouterRefused, match=r"root\.pem"):
        await box.caddy.start([])
    assert box.caddy.pid is None
    assert not box.settings.files.config.exists()


async def test_killed_caddy_is_started_again(make_box: MakeBox, make_app: MakeApp) -> None:
    """When Caddy dies, it is back by itself, with its routes."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    first = await box.caddy.start([box.route("shop")])
    watching = asyncio.create_task(box.caddy.watch())
    os.kill(first.pid, signal.SIGKILL)
    await box.until_another(first.pid)
    answer = await box.client.get("/", headers=box.at("shop"))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert answer.status_code == 200


async def test_routes_applied_while_caddy_is_dead_are_there_when_it_is_back(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """A change that met a dead Caddy is not forgotten."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    first = await box.caddy.start([])
    with Handle(first.pid) as handle:
        handle.kill()
        await handle.ended()
    with pytest.raises(RouterUnavailable):
        await box.caddy.apply([box.route("shop")])
    watching = asyncio.create_task(box.caddy.watch())
    await box.until_another(first.pid)
    await box.caddy.apply([box.route("shop")])
    answer = await box.client.get("/", headers=box.at("shop"))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert answer.status_code == 200


async def test_caddy_whose_folder_is_removed_is_started_anew(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """It could not be asked any more, and would keep its ports from every other."""
    box = make_box()
    app = await make_app()
    first = await box.caddy.start([box.route("shop")])
    box.settings.files.folder.rename(box.settings.files.data_dir / "away")
    box.upstreams.prepare()
    await box.point("shop", app.address)
    watching = asyncio.create_task(box.caddy.watch())
    await box.until_another(first.pid)
    answer = await box.client.get("/", headers=box.at("shop"))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert answer.status_code == 200


async def test_start_ends_a_caddy_whose_folder_was_removed(make_box: MakeBox) -> None:
    """A lock and a socket that are gone don't keep the box from its ports."""
    box = make_box()
    first = await box.caddy.start([box.route("shop")])
    box.settings.files.folder.rename(box.settings.files.data_dir / "away")
    box.upstreams.prepare()
    second = await box.caddy.start([box.route("shop")])
    assert not second.adopted
    assert second.pid != first.pid


async def test_taken_port_is_an_error_that_names_who_has_it(make_box: MakeBox) -> None:
    """The message says which program to look at, and which setting to change."""
    box = make_box()
    with (
        socket.create_server(("127.0.0.1", box.settings.http_port)),
        pytest.raises(RouterUnavailable) as caught,
    ):
        await box.caddy.start([])
    name = Path("/proc/self/comm").read_text().strip()
    assert f"Port {box.settings.http_port} (tcp) is taken by {name} (process {os.getpid()})" in str(
        caught.value
    )
    assert "SOTABOX_HTTP_PORT" in (caught.value.hint or "")


async def test_two_boxes_on_one_port_do_not_share_its_visitors(make_box: MakeBox) -> None:
    """A second box on a port that is taken is refused, though the kernel would let it in."""
    box = make_box()
    await box.caddy.start([])
    other = make_box(files=type(box.settings.files)(box.settings.files.data_dir / "b"),
                     http_port=box.settings.http_port)  # fmt: skip
    with pytest.raises(RouterUnavailable, match=r"taken by caddy"):
        await other.caddy.start([])


async def test_unit_that_starts_caddy_alone_serves_from_disk_and_is_adopted(
    make_box: MakeBox, make_app: MakeApp
) -> None:
    """After a reboot apps answer before sotabox is up; then it finds its Caddy there."""
    box = make_box()
    app = await make_app()
    await box.point("shop", app.address)
    await box.caddy.start([box.route("shop")])
    await box.caddy.stop()
    unit = await run_unit(box.settings.files.data_dir)
    await box.until_answering()
    alone = await box.client.get("/", headers=box.at("shop"))
    started = await box.caddy.start([box.route("shop")])
    await box.caddy.stop()
    code = await asyncio.wait_for(unit.wait(), 10)
    assert alone.status_code == 200
    assert started.adopted
    assert started.pid == unit.pid
    assert code == 0


async def test_unit_on_a_new_box_waits_for_sotabox(make_box: MakeBox) -> None:
    """The unit may start first on an empty disk: it serves nothing until it is told what."""
    box = make_box()
    unit = await run_unit(box.settings.files.data_dir)
    await box.until_answering()
    started = await box.caddy.start([box.route("shop")])
    answer = await box.client.get("/", headers=box.at("shop"))
    await box.caddy.stop()
    await asyncio.wait_for(unit.wait(), 10)
    assert started.adopted
    assert answer.status_code == 502


async def test_unit_beside_a_running_caddy_takes_over_when_that_ends(make_box: MakeBox) -> None:
    """Sotabox and the unit never run two; the one in waiting serves as soon as it may."""
    box = make_box()
    first = await box.caddy.start([])
    unit = await run_unit(box.settings.files.data_dir)
    watching = asyncio.create_task(box.caddy.watch())
    os.kill(first.pid, signal.SIGKILL)
    await box.until_another(first.pid)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    pid = box.caddy.pid
    await box.caddy.stop()
    if unit.pid != pid:  # ours was quicker; then the unit comes next
        await box.until_answering()
        await box.caddy.stop()
    assert await asyncio.wait_for(unit.wait(), 10) == 0


async def run_unit(data_dir: Path) -> asyncio.subprocess.Process:
    """What the service unit runs."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from sotabox.router.binary import find_caddy\n"
        "from sotabox.router.files import RouterFiles\n"
        "from sotabox.router.spawn import exec_caddy\n"
        "exec_caddy(find_caddy(os.environ), RouterFiles(Path(sys.argv[1])), os.environ)\n"
    )
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        str(data_dir),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
