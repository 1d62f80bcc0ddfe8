"""Ruby: Rails, Rack and Sinatra apps."""

from collections.abc import Iterator
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.languages.node_beside import NodeBeside, node_beside
from sotabox.builds.languages.ports import Listening, find_port, habits
from sotabox.builds.languages.ruby.frameworks import (
    MAIN_FILES,
    Kind,
    build_commands,
    find_kind,
    run_env,
)
from sotabox.builds.languages.ruby.gems import WITHOUT, Bundle, manifests, read_bundle
from sotabox.builds.languages.ruby.libraries import build_packages, run_packages
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Cache,
    Carry,
    LanguagePlan,
    Reason,
    Step,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files

NAME: Final = "ruby"
STRONG: Final = ("Gemfile",)
WEAK: Final = ("config.ru", *MAIN_FILES)

GEMS: Final = "/usr/local/bundle"
_CACHE: Final = Cache("bundler", "/root/.bundle/cache")
#: Servers and what they need, for apps that bring a `config.ru` and no Gemfile.
_SERVER: Final = "gem install --no-document rack:3.1.16 rackup:2.2.1 puma:6.6.0"
_DRIFT: Final = (
    "sotabox: warning: the install from Gemfile.lock failed; trying once without its exact versions"
)
_PORTS: Final = habits(
    "*.rb",
    r"""["':]PORT\b""",
    r"""\b[Pp]ort:?\s*(?:=>|=)?\s*(\d{4,5})\b""",
    r"""\bTCPServer\.(?:new|open)\(?\s*(?:["'](?:0\.0\.0\.0|::|)["'],\s*)?(\d{4,5})\b""",
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a Ruby app; declined where the Gemfile only brings tools."""
    bundle = read_bundle(tree)
    kind = find_kind(tree, bundle)
    if bundle.gemfile and bundle.tooling and not kind.start and not overrides.start:
        return Declined("the Gemfile has only gems for development")
    version, warnings = _version(tree, bundle, overrides)
    image = image_of("ruby", version.version, overrides.images)
    node = node_beside(tree, overrides)
    build = build_commands(tree, bundle, kind, node)
    listening = find_port(tree, _PORTS, overrides, (kind.file,)) if kind.file else Listening()
    return LanguagePlan(
        language=NAME,
        framework=kind.slug,
        versions=(version,),
        toolchain=_toolchain(tree, bundle, image, build, node)
        if bundle.gemfile or not kind.file
        else None,
        helpers=(node.helper,) if node and build else (),
        run_image=image,
        run_packages=run_packages(bundle),
        run_env=_run_env(bundle, kind),
        carries=_carries(built=bool(build))
        if bundle.gemfile or not kind.file
        else (Carry(SOURCE, ".", APP_DIR),),
        writable=tuple(f"{APP_DIR}/{name}" for name in kind.writable),
        start=kind.start,
        port=listening.port,
        no_start="Looked for: config/application.rb, config.ru, a file that requires Sinatra, "
        f"{', '.join(MAIN_FILES)}.",
        reasons=(
            Reason("Ruby", "Gemfile in the archive" if bundle.gemfile else kind.why),
            Reason(kind.slug, kind.why),
            *(node.reasons if node and build else ()),
            *listening.reasons,
        ),
        warnings=(*warnings, *listening.warnings, *(node.warnings if node and build else ())),
        notes=tuple(_notes(bundle, kind, overrides)),
    )


def _version(tree: Tree, bundle: Bundle, overrides: Overrides) -> tuple[Version, tuple[str, ...]]:
    text, origin = bundle.ruby
    return choose(
        NAME,
        (
            overrides.version("ruby"),
            from_tool_files(tree, "ruby"),
            from_file(
                tree, ".ruby-version", lambda line: line.removeprefix("ruby-").partition("@")[0]
            ),
            Wanted(text, origin) if text else None,
        ),
    )


def _environment(bundle: Bundle) -> dict[str, str]:
    """Bundler's variables, in the build as in the run."""
    frozen = {"BUNDLE_DEPLOYMENT": "1"} if bundle.lock else {}
    return {"BUNDLE_PATH": GEMS, "BUNDLE_WITHOUT": ":".join(WITHOUT), **frozen}


def _toolchain(
    tree: Tree, bundle: Bundle, image: str, build: tuple[str, ...], node: NodeBeside | None
) -> Toolchain | None:
    env = {"BUNDLE_GLOBAL_GEM_CACHE": "true"}
    if not bundle.gemfile:
        return Toolchain(
            name=NAME,
            image=image,
            packages=("build-essential",),
            env={"GEM_HOME": GEMS},
            files=("config.ru",),
            install=(Step(_SERVER),),
            env_prefixes=("RUBY", "GEM"),
        )
    files = manifests(tree, bundle)
    return Toolchain(
        name=NAME,
        image=image,
        packages=build_packages(bundle),
        env={**_environment(bundle), **env},
        setup=(Step(f"gem install --no-document bundler:{bundle.bundler}"),)
        if bundle.bundler
        else (),
        files=files,
        install=(Step(_install(bundle), (_CACHE,)),),
        env_prefixes=("RUBY", "GEM", "BUNDLE"),
        needs=node.needs if node and build else (),
        build=(Step(" && ".join(build), node.caches if node else ()),) if build else (),
        build_env={
            "RAILS_ENV": "production",
            "RACK_ENV": "production",
            "SECRET_KEY_BASE_DUMMY": "1",
            **(node.env if node else {}),
        }
        if build
        else {},
    )


def _install(bundle: Bundle) -> str:
    install = "bundle install"
    if bundle.foreign:
        add = 'bundle lock --add-platform "$(uname -m)-linux"'
        install = f"BUNDLE_DEPLOYMENT=0 {add} && {install}"
    if bundle.lock:
        again = "BUNDLE_DEPLOYMENT=0 BUNDLE_FROZEN=0 bundle install"
        install = f"{{ {install} || {{ echo '{_DRIFT}' >&2; {again}; }}; }}"
    # Downloads stay in the cache's mount; what is left of them here is only weight.
    return f"mkdir -p {GEMS} && {install} && rm -rf {GEMS}/ruby/*/cache"


def _carries(*, built: bool) -> tuple[Carry, ...]:
    gems = Carry(DEPENDENCIES, GEMS, GEMS)
    return gems, Carry(BUILD, APP_DIR, APP_DIR) if built else Carry(SOURCE, ".", APP_DIR)


def _run_env(bundle: Bundle, kind: Kind) -> dict[str, str]:
    if not bundle.gemfile and kind.file:
        return run_env(kind)
    if not bundle.gemfile:
        return {**run_env(kind), "GEM_HOME": GEMS, "PATH": f"{GEMS}/bin:$PATH"}
    return {**run_env(kind), **_environment(bundle)}


def _notes(bundle: Bundle, kind: Kind, overrides: Overrides) -> Iterator[str]:
    if bundle.gemfile and not bundle.lock:
        yield "There is no Gemfile.lock, so every build may take newer gems: add it to the archive"
    if bundle.foreign:
        yield (
            "Gemfile.lock names no Linux: 'bundle lock --add-platform x86_64-linux' on your machine "
            "spares each build the resolution"
        )
    if not bundle.gemfile and not kind.file:
        yield "There is no Gemfile: Rack and Puma are added"
    yield from kind.notes
    if kind.slug == "rails" and not overrides.release:
        yield (
            "Migrations are not run: a Procfile with a line 'release: bin/rails db:migrate' runs "
            "them before each swap"
        )
