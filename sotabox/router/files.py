"""Where the router keeps its files: one folder of the data directory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sotabox.errors import Invalid

#: `sun_path` of a Unix socket holds 108 bytes with the closing zero (unix(7)).
_SOCKET_PATH_MAX: Final = 107
#: `{` and `}` enclose Caddy's placeholders, `|` separates a socket's path from its mode.
_RESERVED: Final = frozenset("{}|\n")


@dataclass(frozen=True, slots=True)
class RouterFiles:
    """The paths below `{data_dir}/router`; knows names, touches nothing.

    Raises:
        Invalid: Caddy could not name a file or socket in this data directory.
    """

    data_dir: Path

    def __post_init__(self) -> None:
        if not self.data_dir.is_absolute():
            raise Invalid(
                f"The data directory {str(self.data_dir)!r} is not an absolute path",
                hint="Give the whole path in SOTABOX_DATA_DIR, as /var/lib/sotabox.",
            )
        if _RESERVED & set(str(self.data_dir)):
            raise Invalid(
                f"The data directory {str(self.data_dir)!r} holds one of the characters {{ }} |",
                hint="Choose another name in SOTABOX_DATA_DIR: they mean something to Caddy.",
            )
        if len(str(self.waiting_socket).encode()) > _SOCKET_PATH_MAX:
            raise Invalid(
                f"The data directory {str(self.data_dir)!r} is too deep for a Unix socket",
                hint=f"A socket's path has at most {_SOCKET_PATH_MAX} bytes; "
                "choose a shorter SOTABOX_DATA_DIR.",
            )

    @property
    def folder(self) -> Path:
        return self.data_dir / "router"

    @property
    def config(self) -> Path:
        """The last document that Caddy accepted; Caddy alone can serve from it."""
        return self.folder / "caddy.json"

    @property
    def candidate(self) -> Path:
        """A document that Caddy has not accepted yet."""
        return self.folder / "caddy.next.json"

    @property
    def upstreams(self) -> Path:
        """One file a project, read by Caddy in each request."""
        return self.folder / "upstreams"

    @property
    def storage(self) -> Path:
        """Caddy's own: certificates, keys, accounts."""
        return self.folder / "caddy"

    @property
    def log(self) -> Path:
        return self.folder / "caddy.log"

    @property
    def stderr(self) -> Path:
        """What Caddy says before its log is open, or when it dies."""
        return self.folder / "caddy.stderr"

    @property
    def run(self) -> Path:
        """Sockets and the lock; mode 0700, so that only our user reaches the admin socket."""
        return self.folder / "run"

    @property
    def lock(self) -> Path:
        """Held by Caddy as long as it lives: at most one Caddy a data directory."""
        return self.run / "caddy.lock"

    @property
    def admin_socket(self) -> Path:
        return self.run / "admin.sock"

    @property
    def waiting_socket(self) -> Path:
        """Answers for projects that have no deployment yet."""
        return self.run / "waiting.sock"

    @property
    def paused_socket(self) -> Path:
        """Answers for projects that were stopped."""
        return self.run / "paused.sock"
