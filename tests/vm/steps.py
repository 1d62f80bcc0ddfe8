"""A box's life on a server as users have them: what is done to it, and what has to be seen then."""

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bases.make import BASES
from tests.vm.server import Server
from tests.vm.visitors import Visitors

ROOT: Final = Path(__file__).resolve().parents[2]
APPS: Final = Path(__file__).with_name("apps")
DOMAIN: Final = "apps.example.test"
_DEPLOY: Final = (
    f". /root/login; cd /root/{{app}} && sotabox deploy --no-color --api-url https://{DOMAIN}"
)
#: Emulated, everything takes ten times as long.
_SOON_S: Final = 180.0
#: What a server that has no name in DNS and no clock service is rightly told.
_TOLD: Final = re.compile(r"✕ +(DNS|clock) ")
#: An engine of Debian's next release, which everybody's server has one day.
_NEWER: Final = "docker.io docker-cli docker-buildx containerd runc"
_SID: Final = """\
awk '$1 == "deb" { $3 = "sid"; print; exit }' /etc/apt/sources.list > /etc/apt/sources.list.d/sid.list
printf 'Package: *\\nPin: release n=sid\\nPin-Priority: 100\\n' > /etc/apt/preferences.d/sid
echo 'Acquire::Check-Valid-Until false;' > /etc/apt/apt.conf.d/99sid
apt-get -qq update
"""


@dataclass(frozen=True, slots=True)
class Life:
    """A server with the program to install, and the visitors of the app on it."""

    server: Server
    program: Path
    visitors: Visitors

    def install(self) -> str:
        """One command makes it a box, and the example on it answers over HTTPS."""
        bases = self.server.image.disk.with_name("bases.tar")
        subprocess.run(["docker", "save", "-o", str(bases), BASES["busybox"].tag], check=True)
        self.server.run("docker load", stdin=bases)
        self.server.copy(self.program, "/root/sotabox.pyz")
        self.server.copy(ROOT / "install.sh", "/root/install.sh")
        said = self.server.run(
            f"sh /root/install.sh --from /root/sotabox.pyz --domain {DOMAIN} --tls internal --demo"
        )
        assert "example app deployed and answering" in said, said
        self.server.run(
            "{ find /var/lib/sotabox -name root.crt -printf 'export SSL_CERT_FILE=%p\\n';"
            " echo export SOTA_API_KEY=$(sotabox apikey create --name test | tail -1); }"
            f" > /root/login; echo 127.0.0.1 {DOMAIN} >> /etc/hosts"
        )
        assert self.server.run("systemctl is-system-running").strip() == "running"
        assert self.server.run("sysctl --values net.ipv4.tcp_migrate_req").strip() == "1"
        return "both units run, the example answers"

    def doctor(self) -> str:
        """The box finds nothing wrong with itself."""
        said = self.server.attempt("sotabox doctor").stdout
        wrong = [line for line in said.splitlines() if "✕" in line and not _TOLD.search(line)]
        assert wrong == [], said
        return "nothing but the missing DNS and clock service"

    def deploy(self) -> str:
        """An app is live, and a second version takes over without a lost request."""
        self.server.copy_folder(APPS / "web", "/root/web")
        self.server.run(_DEPLOY.format(app="web"))
        self.visitors.wait_for("one\n", _SOON_S)
        with self.visitors.asking() as seen:
            self.server.run("sed -i 's/echo one/echo two/' /root/web/Dockerfile")
            self.server.run(_DEPLOY.format(app="web"))
            self.visitors.wait_for("two\n", _SOON_S)
        return _none_lost(seen)

    def hungry_build(self) -> str:
        """A build that takes all memory is stopped at its own bound, and nobody else is."""
        self.server.copy_folder(APPS / "hungry", "/root/hungry")
        with self.visitors.asking() as seen:
            said = self.server.attempt(f"{_DEPLOY.format(app='hungry')} -v").stdout
        assert "ran out of memory" in said, said
        assert "without some of its limits" not in said, said
        kills = self.server.run("dmesg | grep oom-kill: || true").splitlines()
        assert kills, "nothing was stopped by the kernel"
        assert [kill for kill in kills if "CONSTRAINT_MEMCG" not in kill] == []
        return _none_lost(seen)

    def control_plane_killed(self) -> str:
        """Without sotabox the apps go on, and systemd starts it again."""
        with self.visitors.asking() as seen:
            self.server.run("kill -9 $(systemctl show -P MainPID sotabox)")
            self.server.run("for i in $(seq 300); do sotabox status && exit; sleep 1; done; exit 1")
        return _none_lost(seen)

    def engine_restarted(self) -> str:
        """`systemctl restart docker` stops no app."""
        with self.visitors.asking() as seen:
            self.server.run("systemctl restart docker")
            self.visitors.wait_for("two\n", _SOON_S)
        return _none_lost(seen)

    def rebooted(self) -> str:
        """After a reboot all is as it was, with nobody's help; no stranger answers meanwhile."""
        boot = self.server.run("cat /proc/sys/kernel/random/boot_id")
        with self.visitors.asking() as seen:
            self.server.attempt("systemctl reboot")
            while (
                found := self.server.attempt("cat /proc/sys/kernel/random/boot_id")
            ).returncode or (found.stdout == boot):
                continue
            self.server.wait()
            self.visitors.wait_for("two\n", _SOON_S)
        answers = {status for status in seen if isinstance(status, int)}
        assert answers <= {200, 502, 503, 504}, seen
        return self.server.run("systemd-analyze | head -1").strip().rstrip(".")

    def engine_upgraded(self) -> str:
        """A newer engine takes over from the one before it, and deploys."""
        before = self._engine()
        self.server.run(_SID)
        install = "DEBIAN_FRONTEND=noninteractive apt-get install -qq -y -t sid"
        with self.visitors.asking() as seen:
            self.server.run(f"{install} {_NEWER}")
            self.server.run("systemctl restart docker")
            self.server.run("sed -i 's/echo two/echo three/' /root/web/Dockerfile")
            self.server.run(_DEPLOY.format(app="web"))
            self.visitors.wait_for("three\n", _SOON_S)
        return f"{before} → {self._engine()}; {_none_lost(seen)}"

    def removed(self) -> str:
        """Uninstalled and purged, nothing of the box is left on the server."""
        said = self.server.run("sh /root/install.sh --uninstall --purge")
        assert "✕" not in said, said
        left = self.server.run(
            "ls -d /var/lib/sotabox /etc/sotabox /usr/local/bin/sotabox /etc/systemd/system/sotabox*"
            " 2>/dev/null; docker ps -aq; docker images -q 'sotabox/*'; docker network ls -q -f name=sotabox;"
            " iptables-save | grep -i sotabox; ip6tables-save | grep -i sotabox; true"
        )
        assert left == "", left
        return "no file, unit, container, image, network or rule"

    def _engine(self) -> str:
        return self.server.run("docker version -f '{{.Server.Version}}'").strip()


Step = Callable[[Life], str]
STEPS: Final[tuple[Step, ...]] = (
    *(Life.install, Life.doctor, Life.deploy, Life.hungry_build, Life.control_plane_killed),
    *(Life.engine_restarted, Life.rebooted, Life.engine_upgraded, Life.doctor, Life.removed),
)


def _none_lost(seen: Counter[int | str]) -> str:
    lost = {status: count for status, count in seen.items() if status != 200}
    assert lost == {}, f"lost: {lost}"
    return f"0 of {seen[200]} requests lost"
