"""A freshly installed Debian of a test's own: as bare as a server on its first day.

It has process, mount, network, IPC and host name spaces of its own, and its own root: ports, packages,
an engine inside, nothing of it is this machine's. Its only way out is a proxy, and only where asked for.
"""

import ctypes
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

SUITE: Final = "bookworm"
HOST_CA: Final = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
CACHE: Final = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests")) / "clean-root"
_CLONE_NEWNET: Final = 0x40000000  # linux/sched.h
_ENTER: Final = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t sysfs sysfs "$1/sys"
mount --rbind /sys/fs/cgroup "$1/sys/fs/cgroup"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
mkdir "$1/run/lock"
mount --bind "$2" "$1/var/cache/apt/archives"
ip link set lo up
cd "$1"
mkdir .host
pivot_root . .host
umount --lazy .host
rmdir .host
exec /bin/sh -c 'echo entered; exec sleep infinity'
"""


class CleanRoot:
    """The system; make one with `clean_root`."""

    def __init__(self, root: Path, init: "subprocess.Popen[str]") -> None:
        self.root = root
        self._init = init
        self._children = Path(f"/proc/{init.pid}/task/{init.pid}/children")

    @property
    def pid(self) -> int:
        """Its first process, as this machine counts them."""
        return int(self._children.read_text().split()[0])

    def run(
        self, *command: str, environ: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Runs a program in it, as root, with the environment of a login."""
        login = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--all", f"--wd={self.root}", *command],
            env={**login, "HOME": "/root", "LC_ALL": "C.UTF-8", **(environ or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @contextmanager
    def online(self) -> Iterator[dict[str, str]]:
        """The variables by which programs in it get out, through a proxy, for the time of the block."""
        with socket.socket() as listener, _inside_network(self.pid, listener) as port:
            thread = threading.Thread(target=_accept, args=(listener,))
            thread.start()
            address = f"http://127.0.0.1:{port}"
            trust = {"PIP_CERT": "/srv/host-ca.crt", "no_proxy": "localhost,127.0.0.1"}
            try:
                yield {"http_proxy": address, "https_proxy": address, **trust}
            finally:
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def files(self) -> dict[str, str]:
        """Every file and folder on its disk, with mode, owner and content."""
        found = {}
        for folder, names, files in os.walk(self.root):
            top = Path(folder) == self.root
            names[:] = [n for n in names if not (top and n in {"proc", "sys", "dev", "run"})]
            for name in (*names, *files):
                path = Path(folder, name)
                found[str(path.relative_to(self.root))] = _look_of(path)
        return found


def _mirror() -> str:
    """Where this machine gets its own packages from."""
    form = ["--format", "$(CODENAME) $(SITE)", "Created-By: Packages"]
    asked = ["apt-get", "indextargets", *form]
    sites = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [site for name, _, site in (line.partition(" ") for line in sites) if name == SUITE]
    assert found, f"this machine's apt knows no source of {SUITE}"
    return found[0]


def _look_of(path: Path) -> str:
    state = path.lstat()
    head = f"{state.st_mode:o} {state.st_uid}:{state.st_gid}"
    if path.is_symlink():
        return f"{head} {path.readlink()}"
    if path.is_file():
        return f"{head} {hashlib.sha256(path.read_bytes()).hexdigest()}"
    return head


@contextmanager
def clean_root() -> Iterator[CleanRoot]:
    """One for the time of the block."""
    tarball = _tarball()
    packages = CACHE / "packages"
    (packages / "partial").mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="sotabox-root-", dir="/var/tmp"))
    try:
        subprocess.run(["tar", "--numeric-owner", "-C", root, "-xf", tarball], check=True)
        shutil.copyfile(HOST_CA, root / "srv" / "host-ca.crt")
        unshare = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork"]
        with subprocess.Popen(
            [*unshare, "--kill-child", "sh", "-c", _ENTER, "sh", root, packages],
            stdout=subprocess.PIPE,
            text=True,
        ) as init:
            try:
                assert init.stdout
                assert init.stdout.readline() == "entered\n", "no name spaces of its own"
                yield CleanRoot(root, init)
            finally:
                init.kill()
    finally:
        _remove(root)


def _tarball() -> Path:
    """The system before its first day, made once."""
    made = CACHE / f"{SUITE}.tar"
    if made.exists():
        return made
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sotabox-root-") as folder:
        root, fresh = Path(folder, "root"), made.with_suffix(f".{os.getpid()}")
        log = subprocess.run(
            ["debootstrap", "--variant=minbase", SUITE, root, _mirror()],
            capture_output=True,
            text=True,
            check=False,
        )
        assert log.returncode == 0, log.stdout[-2000:] + log.stderr
        subprocess.run(["chroot", root, "apt-get", "clean"], check=True)
        # A test's disk may forget what it was told to keep, and a proxy takes one request at a time.
        (root / "etc/dpkg/dpkg.cfg.d/test").write_text("force-unsafe-io\n")
        (root / "etc/apt/apt.conf.d/test").write_text('Acquire::http::Pipeline-Depth "0";\n')
        subprocess.run(["tar", "--numeric-owner", "-C", root, "-cf", fresh, "."], check=True)
        fresh.replace(made)
    return made


def _remove(root: Path) -> None:
    """Its processes may take a moment to let go of their mounts."""
    deadline = time.monotonic() + 30
    while root.exists():
        try:
            shutil.rmtree(root)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def _inside_network(pid: int, listener: socket.socket) -> Iterator[int]:
    """Has `listener` listen in the network of a process: there alone a socket is made."""
    port: list[int] = []

    def listen() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(f"/proc/{pid}/ns/net").open("rb") as network:
            if libc.setns(network.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "can't enter the network")
        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            made.listen()
            port.append(made.getsockname()[1])
            os.dup2(made.fileno(), listener.fileno())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert port, "no network of its own"
    yield port[0]


def _accept(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client,), daemon=True).start()


def _serve(client: socket.socket) -> None:
    """One connection of a proxy (RFC 9110 §9.3.6 and RFC 9112 §3.2.2)."""
    with client, suppress(OSError, ValueError):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(65536)
            if not more:
                return
            head += more
        method, target, version = head.split(b"\r\n", 1)[0].decode().split()
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        with socket.create_connection((url.hostname or "", url.port or 80), 60) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = url._replace(scheme="", netloc="").geturl() or "/"
                rest = head.split(b"\r\n", 1)[1]
                line = f"{method} {path} {version}\r\nConnection: close\r\n".encode()
                server.sendall(line + rest)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
