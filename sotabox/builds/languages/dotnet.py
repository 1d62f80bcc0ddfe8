""".NET: ASP.NET Core apps and other executables, published for the shared runtime."""

import json
import re
from collections.abc import Mapping
from posixpath import basename, dirname, normpath
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.ports import find_port, habits
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    BUILD,
    Cache,
    Carry,
    LanguagePlan,
    Reason,
    Static,
    Step,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_tool_files
from sotabox.errors import UnknownApp

NAME: Final = "dotnet"
STRONG: Final = ("*.{csproj,fsproj,vbproj}", "*.{sln,slnx}")
WEAK: Final = ()

_PROJECTS: Final = "**/*.{csproj,fsproj,vbproj}"
#: What a restore reads, besides the projects.
_FIRST: Final = (
    "*.{sln,slnx}", "**/{nuget,NuGet,Nuget}.{config,Config}", "global.json", "**/Directory.*.{props,targets}",
    "**/packages.lock.json", ".config/dotnet-tools.json",
)  # fmt: skip
_OUT: Final = "/out"
_SITE: Final = "published"  # below the app's directory, where sites are taken from
_IN_BROWSER: Final = ("a site of files, in published/wwwroot", "Blazor WebAssembly, with no server")
_NUGET: Final = Cache("nuget", "/root/.nuget/packages")
_WEB: Final = re.compile(r"""Sdk\s*=\s*["']Microsoft\.NET\.Sdk\.Web["']""")
_BROWSER: Final = re.compile(r"""Sdk\s*=\s*["']Microsoft\.NET\.Sdk\.BlazorWebAssembly["']""")
_WORKER: Final = re.compile(r"""Sdk\s*=\s*["']Microsoft\.NET\.Sdk\.Worker["']""")
_EXE: Final = re.compile(r"<OutputType>\s*(?:Win)?Exe\s*</OutputType>", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"""<ProjectReference\s[^>]*Include\s*=\s*["']([^"']+)["']""")
_TESTS: Final = re.compile(r"Microsoft\.NET\.Test\.Sdk|<IsTestProject>\s*true", re.IGNORECASE)
#: Addresses in code or settings win over the variable with the addresses.
_PORTS: Final = habits(
    "**/{*.cs,*.fs,*.vb,appsettings.json,appsettings.Production.json}",
    r"""["]PORT["]""",
    r"""\bListenAnyIP\(\s*(\d{4,5})\b""",
    r"""\b(?:UseUrls|Run|Add)\(\s*["]https?://(?:0\.0\.0\.0|\*|\+|\[::\]):(\d{4,5})\b""",
    r"""["]Url["]\s*:\s*["]http://(?:0\.0\.0\.0|\*|\+|\[::\]):(\d{4,5})\b""",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The published project's plan: an app, or a site of files that runs in the browser.

    Raises:
        UnknownApp: no project can be started, or several could.
    """
    project, why = _choose_project(tree)
    if not project:
        return Declined("its projects are libraries and tests; none can be started")
    text = tree.read(project) or ""
    browser = _BROWSER.search(text) is not None and not overrides.start
    version, warnings = _version(tree, project, text, overrides)
    assembly = _property(text, "AssemblyName") or basename(project).rpartition(".")[0]
    toolchain = _toolchain(tree, project, version, overrides, site=browser)
    reasons = (Reason(".NET", project), Reason(f"the project {project}", why))
    if browser:
        return _site(toolchain, version, overrides, (*reasons, Reason(*_IN_BROWSER)), warnings)
    listening = find_port(tree, _PORTS, overrides)
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=toolchain,
        run_image=image_of("dotnet", version.version, overrides.images),
        run_env={"DOTNET_RUNNING_IN_CONTAINER": "true", "ASPNETCORE_HTTP_PORTS": ""},
        carries=(Carry(BUILD, "/app" if overrides.build else _OUT, "/app"),),
        start=None
        if overrides.build
        else f"ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet {_quoted(assembly + '.dll')}",
        port=listening.port,
        no_start="With a build command of your own only you know what it leaves to start.",
        reasons=(
            *reasons,
            Reason(f"start: dotnet {assembly}.dll", "the project's assembly"),
            *listening.reasons,
        ),
        warnings=(*warnings, *listening.warnings),
    )


def _site(
    toolchain: Toolchain,
    version: Version,
    overrides: Overrides,
    reasons: tuple[Reason, ...],
    warnings: tuple[str, ...],
) -> LanguagePlan:
    """Blazor WebAssembly without a server of its own: what is published is all that there is."""
    fallback = overrides.static_fallback
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=toolchain,
        static=Static(
            root=overrides.static_root or f"{_SITE}/wwwroot",
            fallback=True if fallback is None else fallback,
            built=True,
        ),
        carries=(),
        health_path="/",
        reasons=reasons,
        warnings=warnings,
    )


def _toolchain(
    tree: Tree, project: str, version: Version, overrides: Overrides, *, site: bool
) -> Toolchain:
    locks = f"{dirname(project)}/packages.lock.json".lstrip("/")
    locked = " --locked-mode" if tree.exists(locks) else ""
    out = _SITE if site else _OUT
    return Toolchain(
        name=NAME,
        image=image_of("dotnet-sdk", version.version, overrides.images),
        env={"DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1"},
        files=tuple(
            dict.fromkeys(p for pattern in (_PROJECTS, *_FIRST) for p in tree.glob(pattern))
        ),
        install=(Step(f"dotnet restore{locked} {_quoted(project)}", caches=(_NUGET,)),),
        env_prefixes=("NUGET_", "DOTNET_"),
        # The packages lie in a cache that may be emptied while this layer is kept: so publish
        # restores again, which costs a look at what is there.
        build=(
            Step(
                f"dotnet publish {_quoted(project)} -c Release -o {out} -p:UseAppHost=false",
                caches=(_NUGET,),
            ),
        ),
    )


def _choose_project(tree: Tree) -> tuple[str, str]:
    """The project to publish and why; empty if none can be started.

    Raises:
        UnknownApp: several could be, and none is the only web project.
    """
    texts = {path: tree.read(path) or "" for path in tree.glob(_PROJECTS)}
    part = _referenced(texts)
    apps = {
        path: text for path, text in texts.items() if path not in part and not _TESTS.search(text)
    }
    for kind, why in (
        (_WEB, "the only web project"),
        (_BROWSER, "the only Blazor WebAssembly project"),
        (_WORKER, "the only worker"),
        (_EXE, "the only executable"),
    ):
        found = [path for path, text in apps.items() if kind.search(text)]
        in_root = [path for path in found if "/" not in path]
        if len(in_root) == 1:
            return in_root[0], "the project in the root"
        if len(found) == 1:
            return found[0], why
        if found:
            names = ", ".join(found)
            raise UnknownApp(
                f"There are several .NET apps: {names}",
                hint=f'Set the root directory to one of them (root = "{dirname(found[0])}" in '
                "sotabox.toml), or add a Dockerfile.",
            )
    return "", ""


def _referenced(texts: Mapping[str, str]) -> frozenset[str]:
    """The projects that an app is put together from, such as the client of a Blazor server."""
    return frozenset(
        normpath(f"{dirname(path)}/{name.replace(chr(92), '/')}".lstrip("/"))
        for path, text in texts.items()
        if not _TESTS.search(text)
        for name in _REFERENCE.findall(text)
    )


def _version(
    tree: Tree, project: str, text: str, overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    shared = "".join(
        tree.read(f"{folder}/Directory.Build.props".lstrip("/")) or ""
        for folder in dict.fromkeys((dirname(project), dirname(dirname(project)), ""))
    )
    target = _property(text, "TargetFrameworks?") or _property(shared, "TargetFrameworks?")
    versions = re.findall(r"(?:net|netcoreapp)(\d+\.\d+)", target)
    set_by_person = overrides.version("dotnet")
    wanted = (
        _line(set_by_person),
        _line(from_tool_files(tree, "dotnet", "dotnet-core")),
        Wanted(versions[-1], f"TargetFramework in {project}") if versions else None,
        _line(_from_global_json(tree)),
    )
    return choose("dotnet", wanted)


def _from_global_json(tree: Tree) -> Wanted | None:
    text = re.sub(r"^[ \t]*//.*$", "", tree.read("global.json") or "", flags=re.MULTILINE)
    try:
        version = json.loads(text or "{}").get("sdk", {}).get("version")
    except (json.JSONDecodeError, AttributeError):
        return None
    return Wanted(version, "global.json") if isinstance(version, str) else None


def _line(want: Wanted | None) -> Wanted | None:
    """An SDK's version (`8.0.404`) as its line: SDKs and runtimes are numbered differently."""
    if want and (line := re.match(r"v?(\d+)(?:\.(\d+))?", want.text)):
        return Wanted(f"{line[1]}.{line[2] or 0}", f"{want.origin}, {want.text}")
    return None


def _property(text: str, name: str) -> str:
    found = re.search(rf"<{name}>\s*([^<$]+?)\s*</", text)
    return found[1] if found else ""


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./+-]+", word) else f"'{word}'"
