"""Asks for known vulnerabilities of what requirements.lock names: `./tests/run audit`.

Where no advisory source can be reached it says so and passes: a machine without the internet must be
able to test. pip-audit runs in an environment of its own, so that the suite's lock is not its.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
TOOL: Final = "pip-audit==2.10.1"
_TIMEOUT_S: Final = 120


def main() -> None:
    uv = Path(sys.executable).with_name("uv")
    options = ["--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off"]
    command = [uv, "tool", "run", "--quiet", "--from", TOOL, "pip-audit", *options]
    try:
        done = subprocess.run(
            [*map(str, command), "--timeout=10", "-r", str(ROOT / "requirements.lock")],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"audit: skipped: {type(error).__name__}")
        return
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:  # it has a report, or it has no source
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"audit: skipped, no advisory source is reachable: {last[:200]}")
        return
    found = findings(report)
    print(
        "\n".join(found) or f"audit: nothing known against {len(report['dependencies'])} packages"
    )
    sys.exit(1 if found else 0)


def findings(report: Any) -> list[str]:
    """A line for each vulnerability in pip-audit's report."""
    return [
        f"audit: {package['name']} {package['version']}: {flaw['id']}, "
        f"fixed in {', '.join(flaw['fix_versions']) or 'no version'}"
        for package in report["dependencies"]
        for flaw in package.get("vulns", ())
    ]


if __name__ == "__main__":
    main()
