"""The data directory: what lies where, and for whom."""

import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folders:
    """Paths in a data directory."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "Folders":
        """Makes the directory and its rooms; none but its owner may look inside."""
        folders = cls(root.absolute())
        folders.root.mkdir(parents=True, exist_ok=True)
        folders.root.chmod(0o700)
        for folder in (folders.archives, folders.trees, folders.logs, folders.uploads):
            folder.mkdir(exist_ok=True, mode=0o700)
        return folders

    @property
    def database(self) -> Path:
        return self.root / "sotabox.db"

    @property
    def key(self) -> Path:
        """The key of sealed values."""
        return self.root / "key"

    @property
    def lock(self) -> Path:
        """Held by the one process that serves this directory."""
        return self.root / "lock"

    @property
    def uploads(self) -> Path:
        """Bodies on their way in; whatever lies here at a start is a torso."""
        return self.root / "uploads"

    @property
    def archives(self) -> Path:
        """Accepted archives, by deployment."""
        return self.root / "archives"

    @property
    def trees(self) -> Path:
        """Archives unpacked for their build, by deployment."""
        return self.root / "trees"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def scratch(self) -> Path:
        """Where a backup is put together and tried out; whatever lies here otherwise is a torso."""
        return self.root / "scratch"

    @property
    def certificates(self) -> Path:
        """Caddy's storage: certificates, their keys, accounts with authorities."""
        return self.root / "router" / "caddy"

    @property
    def backup_record(self) -> Path:
        """How the last backups went."""
        return self.root / "backups.json"

    @property
    def ballast(self) -> Path:
        """Space that can be given up when there is no other left."""
        return self.root / "ballast"

    def archive(self, deployment_id: str) -> Path:
        """The archive of a deployment."""
        return self.archives / f"{deployment_id}.tar.gz"

    def tree(self, deployment_id: str) -> Path:
        """The unpacked archive of a deployment."""
        return self.trees / deployment_id

    def instance_id(self) -> str:
        """What tells this box's containers, networks and images from others' on the same engine."""
        path = self.root / "instance-id"
        if not path.exists():
            temporary = path.with_suffix(".tmp")
            temporary.write_text(secrets.token_hex(6), encoding="ascii")
            temporary.replace(path)
        return path.read_text(encoding="ascii").strip()
