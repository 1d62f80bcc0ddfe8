"""A running server: a virtual machine that is reached by SSH, and by the ports of its Caddy."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.vm.image import Image

MEMORY_MB: Final = 2048
CORES: Final = 2
_BOOT_S: Final = 300
_COMMAND_S: Final = 1200


@dataclass(frozen=True, slots=True)
class Server:
    """One that has been started; ports are of this machine's loopback."""

    image: Image
    ssh_port: int
    https_port: int

    def run(self, command: str, *, stdin: Path | None = None) -> str:
        """What a shell command on the server says, errors as well; it must succeed."""
        done = self.attempt(command, stdin=stdin)
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        return done.stdout

    def attempt(
        self, command: str, *, stdin: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """The same, whatever comes of it."""
        with (stdin or Path("/dev/null")).open("rb") as source:
            return subprocess.run(
                [*self._ssh(), command],
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=_COMMAND_S,
                check=False,
            )

    def copy(self, path: Path, target: str) -> None:
        """Copies a file to the server."""
        self.run(f"cat > {target}", stdin=path)

    def copy_folder(self, folder: Path, target: str) -> None:
        """Copies what a folder holds to the server."""
        packed = self.image.disk.with_name("folder.tar")
        subprocess.run(["tar", "-C", str(folder), "-cf", str(packed), "."], check=True)
        self.run(f"mkdir -p {target} && tar -C {target} -xf -", stdin=packed)

    def wait(self) -> None:
        """Returns as soon as SSH answers and all units have started.

        Raises:
            TimeoutError: it does not come up.
        """
        deadline = time.monotonic() + _BOOT_S
        while self.attempt("systemctl is-system-running --wait").returncode:
            if time.monotonic() > deadline:
                state = self.attempt("systemctl --failed --no-legend").stdout
                raise TimeoutError(f"the server is not up after {_BOOT_S} s: {state}")
            time.sleep(1)

    def _ssh(self) -> list[str]:
        quiet = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        options = [word for option in (*quiet, "ConnectTimeout=10") for word in ("-o", option)]
        key = str(self.image.key)
        return ["ssh", "-p", str(self.ssh_port), "-i", key, *options, "root@127.0.0.1"]


@contextmanager
def started(image: Image) -> Iterator[Server]:
    """The server of an image, up; switched off afterwards.

    By emulation: it needs nothing of the machine that it runs on, and takes ten times as long.
    """
    server = Server(image, _free_port(), _free_port())
    forward = f"hostfwd=tcp:127.0.0.1:{server.ssh_port}-:22"
    forward += f",hostfwd=tcp:127.0.0.1:{server.https_port}-:443"
    command = [
        *("qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"),
        *("-smp", str(CORES), "-m", str(MEMORY_MB), "-nographic"),
        *("-kernel", str(image.kernel), "-initrd", str(image.initrd)),
        *("-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0"),
        *("-drive", f"file={image.disk},if=virtio,format=raw,cache=unsafe"),
        *("-netdev", f"user,id=net,{forward}", "-device", "virtio-net-pci,netdev=net"),
    ]
    with image.disk.with_name("console.log").open("wb") as console:
        machine = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
        try:
            server.wait()
            yield server
        finally:
            machine.terminate()
            machine.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
