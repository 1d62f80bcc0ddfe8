"""What stands in an app's files becomes instructions: none of it may become an instruction itself.

Apps of the suite with hostile names, fields and versions in them, through detection and rendering. An
app may run what it likes in its own build; but which images, mounts and users a rendered Dockerfile
has is ours to say.
"""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.source import MemoryTree
from sotabox.errors import SotaboxError

ROUNDS = 1500
KNOWN = {"FROM", "WORKDIR", "RUN", "COPY", "ENV", "ARG", "USER", "EXPOSE", "CMD", "STOPSIGNAL"}
EVIL = [
    *("x\\", "\\", "&& \\", "x\nFROM evil/image", "\rFROM evil/image", "x\x0bFROM evil/image"),
    *("a,from=evil/image", "--from=evil/image", "--mount=type=cache,id=evil", "x --network=host"),
    *('["sh"]', "<<EOF", "$(id)", "${HOME}", "'\"`", "x #", "# escape=`", "a b", "22 AS evil"),
]
MANIFESTS = [
    *(".node-version", ".python-version", ".nvmrc", "runtime.txt", ".ruby-version", "Procfile"),
    *("go.mod", "sotabox.toml", ".tool-versions", "rust-toolchain", "Aptfile", "requirements.txt"),
]
_ROOT = Path(__file__).parents[2]
_FLAG = re.compile(r"--(mount|from|chown)=[\w./,=@:+-]+")


def read_apps() -> dict[str, dict[str, str]]:
    """Every app of the suite that brings no Dockerfile, by name."""
    apps = {}
    for folder in sorted([*(_ROOT / "examples").iterdir(), *(_ROOT / "tests/apps").iterdir()]):
        files = {
            str(path.relative_to(folder)): path.read_text(errors="replace")
            for path in folder.rglob("*")
            if path.is_file() and path.stat().st_size < 200_000
        }
        if files and "Dockerfile" not in files:
            apps[folder.name] = files
    return apps


def poison(random_: random.Random, files: dict[str, str]) -> dict[str, str]:
    """The app, with something hostile in a field, a word, a directory's name or a version."""
    files, evil = dict(files), random_.choice(EVIL)
    path = random_.choice(sorted(files))
    match random_.randrange(4):
        case 0 if path.endswith("package.json"):
            files[path] = json.dumps(_package(random_, json.loads(files[path] or "{}"), evil))
        case 1 if words := re.findall(r"[\w.-]+", files[path]):
            files[path] = files[path].replace(random_.choice(words), evil, 1)
        case 2:
            folder = re.sub(r"[/\x00-\x1f]", "", evil)
            files |= {f"{folder}/{name}": text for name, text in files.items()}
        case _:
            start = random_.choice(["web: ", "nodejs ", "", "start = ", "[variables]\n"])
            pair = f"{json.dumps('K=' + evil)} = {json.dumps(evil)}"
            files[random_.choice(MANIFESTS)] = start + random_.choice([evil, pair])
    return files


def _package(random_: random.Random, data: Any, evil: str) -> Any:
    scripts = data.get("scripts") or {}
    changes: list[dict[str, Any]] = [
        {"engines": {"node": evil}},
        {"packageManager": f"pnpm@{evil}"},
        {"workspaces": [evil, "packages/*"]},
        {"scripts": {**scripts, "start": evil, "build": evil, evil: "x"}},
        {"dependencies": {**(data.get("dependencies") or {}), evil: "*", "next": evil}},
        {"main": evil, "name": evil, "version": evil},
    ]
    return {**data, **random_.choice(changes)}


def check_dockerfile(text: str) -> None:
    """Only our instructions, flags and images."""
    assert "\r" not in text
    for line in filter(None, text.split("\n")):
        name, *words = line.split(" ")
        assert name in KNOWN, line
        assert not line.rstrip().endswith("\\"), line
        if name == "FROM":
            assert "evil" not in line, line
            assert len(words) == 1 or words[1] == "AS", line
        flags = words[: next((at for at, w in enumerate(words) if not w.startswith("--")), None)]
        for flag in flags if name in {"RUN", "COPY"} else ():
            assert _FLAG.fullmatch(flag), line
            assert "evil" not in flag, line


@pytest.mark.parametrize("seed", range(3))
def test_hostile_files_of_an_app_never_become_instructions(seed: int) -> None:
    """Neither another image, nor another mount, nor a swallowed line comes out of names and fields."""
    random_ = random.Random(seed)  # noqa: S311 - to be repeated
    apps = read_apps()
    options = RenderOptions(project="p1", build_env=True, install_env=True, host_env=True, ca=True)
    rendered = 0
    for _ in range(ROUNDS):
        files = poison(random_, apps[random_.choice(sorted(apps))])
        try:
            text = render_dockerfile(detect(MemoryTree(files)), options)
        except SotaboxError:
            continue  # refused, in words
        check_dockerfile(text)
        rendered += 1
    assert rendered > ROUNDS // 2


@pytest.mark.parametrize("key", ["X=1\nFROM evil/image\nENV Y", "A B", "", "É"])
def test_variable_of_the_app_s_file_has_a_name(key: str) -> None:
    """A quoted key of `[variables]` is no way into the Dockerfile."""
    files = {"sotabox.toml": f"[variables]\n{json.dumps(key)} = 'x'\n", "main.py": ""}
    with pytest.raises(SotaboxError, match="variables"):
        detect(MemoryTree(files))
