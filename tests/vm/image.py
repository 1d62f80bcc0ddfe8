"""The disk of a server: a minimal Debian with systemd, SSH and its own Docker, as providers hand them out."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CACHE: Final = Path(os.environ.get("SOTABOX_TEST_CACHE", "/var/cache/sotabox-tests")) / "vm"
_PACKAGES: Final = (
    *(
        "linux-image-cloud-amd64",
        "systemd-sysv",
        "dbus",
        "udev",
        "openssh-server",
        "ca-certificates",
    ),
    *("curl", "iproute2", "iptables", "procps", "python3", "python3-venv", "docker.io"),
)
#: Part of docker.io until bookworm.
_CLIENT: Final = ("docker-cli",)
_NETWORK: Final = "[Match]\nName=eth0\n[Network]\nDHCP=yes\n"
#: QEMU's own name server, and hosts that need none.
_FILES: Final = {
    "etc/hostname": "box\n",
    "etc/resolv.conf": "nameserver 10.0.2.3\n",
    "etc/fstab": "/dev/vda / ext4 defaults 0 1\n",
    "etc/systemd/network/eth0.network": _NETWORK,
}


@dataclass(frozen=True, slots=True)
class Image:
    """What QEMU starts: a kernel, its first file system, a disk, and the key that SSH lets in."""

    kernel: Path
    initrd: Path
    disk: Path
    key: Path


def make_image(suite: str, folder: Path) -> Image:
    """A fresh disk of a release of Debian in `folder`; the tree that it is made of is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        root = Path(place)
        subprocess.run(["tar", "-C", place, "-xf", str(_tree(suite))], check=True)
        for name, text in _FILES.items():
            (root / name).write_text(text, encoding="utf-8")
        authorized = root / "root/.ssh/authorized_keys"
        authorized.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(f"{key}.pub", authorized)
        enable = ["systemctl", f"--root={place}", "enable", "systemd-networkd", "ssh", "docker"]
        subprocess.run(enable, check=True, capture_output=True)
        image = Image(folder / "vmlinuz", folder / "initrd", folder / "disk", key)
        shutil.copy(next(root.glob("boot/vmlinuz-*")), image.kernel)
        shutil.copy(next(root.glob("boot/initrd.img-*")), image.initrd)
        with image.disk.open("wb") as disk:
            disk.truncate(12 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-d", place, str(image.disk)], check=True)
    return image


def _tree(suite: str) -> Path:
    tree = CACHE / f"{suite}.tar"
    if not tree.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = tree.with_suffix(".new.tar")
        packages = _PACKAGES if suite == "bookworm" else (*_PACKAGES, *_CLIENT)
        include = f"--include={','.join(packages)}"
        subprocess.run(
            ["mmdebstrap", "--variant=important", include, suite, str(fresh)], check=True
        )
        fresh.rename(tree)
    return tree
