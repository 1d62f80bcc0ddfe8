"""Makes a signed release: `make release KEY=~/.ssh/release RELEASES=https://example.com/releases`.

    dist/{version}/sotabox-x86_64.pyz    the program, for each processor
    dist/{version}/sotabox-x86_64.pyz.sha256, .sig
    dist/{version}/install.sh            with place, key and version filled in

What lies there belongs at `{RELEASES}/{version}/`, and that of the newest release at
`{RELEASES}/latest/` as well. The key is any of `ssh-keygen`'s; its public half goes into install.sh and
into the program, which check every later release with it.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipapp  # the one beside this file
from pathlib import Path
from typing import Final

NAMESPACE: Final = "sotabox"


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a signed release of sotabox")
    parser.add_argument("--key", type=Path, required=True, help="the private key that signs")
    parser.add_argument("--releases", required=True, help="URL below which releases will lie")
    parser.add_argument("--output", type=Path, default=zipapp.ROOT / "dist")
    parser.add_argument("--machine", choices=zipapp.MACHINES, action="append")
    parser.add_argument("--quick", action="store_true", help="for this version of Python only")
    arguments = parser.parse_args()
    version = _version()
    folder = arguments.output / version
    folder.mkdir(parents=True, exist_ok=True)
    key = _output("ssh-keygen", "-y", "-f", str(arguments.key)).strip()
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as public:
        public.write(f"{key}\n")
        public.flush()
        for machine in arguments.machine or zipapp.MACHINES:
            program = folder / f"sotabox-{machine}.pyz"
            options = ["--machine", machine, "--release-key", public.name]
            quick = ["--quick"] if arguments.quick else []
            build = [sys.executable, zipapp.__file__, "--output", str(program)]
            subprocess.run([*build, *options, *quick], check=True)
            program.with_suffix(".inputs").unlink()
            sign(program, arguments.key)
    installer = folder / "install.sh"
    text = (zipapp.ROOT / "install.sh").read_text(encoding="utf-8")
    installer.write_text(fill_in(text, arguments.releases.rstrip("/"), key, version))
    installer.chmod(0o755)
    sign(installer, arguments.key)
    print(f"{folder} is release {version}")


def fill_in(installer: str, releases: str, key: str, version: str) -> str:
    """install.sh as it belongs to a release; ends the program where it has no such lines."""
    for line, filled in (
        ("RELEASES=${SOTABOX_RELEASES:-}\n", f"RELEASES=${{SOTABOX_RELEASES:-{releases}}}\n"),
        ("RELEASE_KEY=''\n", f"RELEASE_KEY='{key}'\n"),
        ("RELEASE=latest\n", f"RELEASE={version}\n"),
    ):
        if installer.count(line) != 1:
            sys.exit(f"release: install.sh has no line {line.strip()}")
        installer = installer.replace(line, filled)
    return installer


def sign(file: Path, key: Path) -> None:
    """Puts the sum and the signature of a file beside it."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    Path(f"{file}.sha256").write_text(f"{digest}  {file.name}\n")
    Path(f"{file}.sig").unlink(missing_ok=True)  # else ssh-keygen asks
    _output("ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file))


def _version() -> str:
    text = (zipapp.ROOT / "sotabox" / "__init__.py").read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


def _output(*command: str) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"release: this step failed: {' '.join(command)}")
    return done.stdout


if __name__ == "__main__":
    main()
