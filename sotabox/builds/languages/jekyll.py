"""Jekyll: a site of files, built by Ruby."""

import re
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import Cache, LanguagePlan, Reason, Static, Step, Toolchain
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

NAME: Final = "jekyll"
STRONG: Final = ("_config.{yml,yaml,toml}",)
WEAK: Final = ()

#: What a site without a Gemfile is built with.
_GEMS: Final = ("jekyll:4.4.1", "minima:2.5.2", "webrick:1.9.1")
#: Beside these a `_config.yml` is another program's, or only GitHub's page of a README.
_OTHERS: Final = (
    "package.json", "go.mod", "Cargo.toml", "pom.xml", "requirements.txt", "pyproject.toml",
    "composer.json", "mix.exs", "build.gradle",
)  # fmt: skip
_CACHE: Final = Cache("bundler", "/usr/local/bundle/cache")


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The site's plan; declined where another program has the `_config.yml` (Hexo, a Rails app)."""
    gemfile = _without_comments(tree.read("Gemfile") or "")
    if gemfile and not re.search(r"""gem(?:\s+|\()["'](?:jekyll|github-pages)\b""", gemfile):
        return Declined("its Gemfile has no jekyll")
    other = next((name for name in _OTHERS if tree.exists(name)), None)
    if other and not gemfile:
        return Declined(f"its _config.yml stands beside a {other}, and there is no Gemfile")
    if overrides.start and overrides.static_root is None:
        return Declined(f"{overrides.origin('start')} gives a start command")
    version, warnings = choose(
        "ruby",
        (
            overrides.version("ruby"),
            from_tool_files(tree, "ruby"),
            from_file(tree, ".ruby-version", lambda text: text.removeprefix("ruby-")),
            _from_gemfile(gemfile),
        ),
    )
    root = _output(tree)
    return LanguagePlan(
        language=NAME,
        framework=NAME,
        versions=(version,),
        toolchain=_toolchain(
            tree, image_of("ruby", version.version, overrides.images), root, bundled=bool(gemfile)
        ),
        carries=(),
        static=Static(
            root=overrides.static_root or root, fallback=bool(overrides.static_fallback), built=True
        ),
        health_path="/",
        reasons=(
            Reason("Jekyll", tree.glob(STRONG[0])[0]),
            Reason(f"a site of files, in {root}", "Jekyll's destination"),
        ),
        warnings=warnings,
        notes=()
        if gemfile
        else (f"There is no Gemfile: the site is built with {' '.join(_GEMS)}",),
    )


def _toolchain(tree: Tree, image: str, root: str, *, bundled: bool) -> Toolchain:
    env = {"JEKYLL_ENV": "production", "LANG": "C.UTF-8"}
    packages = ("build-essential", "git", "ca-certificates")
    if not bundled:
        return Toolchain(
            name=NAME,
            image=image,
            packages=packages,
            env=env,
            setup=(Step(f"gem install --no-document {' '.join(_GEMS)}"),),
            build=(Step(f"jekyll build --destination {root}"),),
        )
    if tree.exists("Gemfile.lock"):
        env["BUNDLE_FROZEN"] = "1"
    patterns = ("Gemfile", "Gemfile.lock", ".ruby-version", "*.gemspec")
    return Toolchain(
        name=NAME,
        image=image,
        packages=packages,
        env=env,
        # A theme's gemspec lists its files by Git: it wants all of the source.
        files=()
        if tree.glob("*.gemspec")
        else tuple(p for pattern in patterns for p in tree.glob(pattern)),
        install=(Step("bundle install", caches=(_CACHE,)),),
        env_prefixes=("RUBY", "GEM_", "BUNDLE_"),
        build=(Step(f"bundle exec jekyll build --destination {root}"),),
    )


def _from_gemfile(gemfile: str) -> Wanted | None:
    found = re.search(r"""^[ \t]*ruby\s+["']([^"']+)["']""", gemfile, re.MULTILINE)
    return Wanted(found[1], "the Gemfile") if found else None


def _output(tree: Tree) -> str:
    config = next((tree.read(path) or "" for path in tree.glob(STRONG[0])), "")
    found = re.search(r"""^destination\s*[:=]\s*["']?([\w./-]+)""", config, re.MULTILINE)
    if found and not found[1].startswith(("/", "..")):
        return found[1].strip("/").removeprefix("./")
    return "_site"


def _without_comments(text: str) -> str:
    return re.sub(r"^[ \t]*#.*$", "", text, flags=re.MULTILINE)
