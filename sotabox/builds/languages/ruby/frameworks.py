"""Frameworks of Ruby: how each is told, built and started."""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from sotabox.builds.languages.node_beside import NodeBeside
from sotabox.builds.languages.ruby.gems import Bundle
from sotabox.builds.source import Tree

_SERVERS: Final = ("puma", "falcon", "unicorn", "thin", "iodine", "webrick", "passenger", "agoo")
#: Files that are run as they are, in the order in which they are looked for.
MAIN_FILES: Final = ("main.rb", "app.rb", "server.rb", "bot.rb", "start.rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What an app is, and how it is started; `writable` are directories below its own."""

    slug: str
    why: str
    start: str | None = None
    file: str = ""  # the one that runs and listens by itself
    writable: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def find_kind(tree: Tree, bundle: Bundle) -> Kind:
    """The framework of the tree's app, and how it is started."""
    if tree.exists("config/application.rb") and bundle.has("rails", "railties"):
        return _rails(tree)
    slug = "sinatra" if bundle.has("sinatra") else "ruby"
    if tree.exists("config.ru"):
        return _rack(tree, bundle, slug)
    if main := _sinatra_file(tree) if slug == "sinatra" else None:
        return Kind(
            slug=slug,
            why=f"{main} requires Sinatra",
            start=f"bundle exec ruby {shlex.quote(main)} -o 0.0.0.0 -p $PORT",
        )
    if main := next((path for path in MAIN_FILES if tree.exists(path)), ""):
        execute = "bundle exec " if bundle.gemfile else ""
        return Kind(
            slug=slug, why=f"{main} in the archive", start=f"{execute}ruby {main}", file=main
        )
    return Kind(slug=slug, why="the gem sinatra" if slug == "sinatra" else "a Gemfile")


def build_commands(
    tree: Tree, bundle: Bundle, kind: Kind, node: NodeBeside | None
) -> tuple[str, ...]:
    """What the build runs; () if nothing is to be built."""
    commands = []
    if kind.slug == "rails":
        if tree.glob("bin/*"):
            # An archive from Windows has neither modes nor plain line ends.
            commands.append(r"sed -i 's/\r$//' bin/* && chmod +x bin/*")
        if bundle.has("bootsnap"):
            commands.append("bundle exec bootsnap precompile --gemfile app/ lib/")
    assets = kind.slug == "rails" and bundle.has("sprockets-rails", "sprockets", "propshaft")
    if node:
        # Rails' own tasks would install the modules again.
        commands.append(
            f"export SKIP_YARN_INSTALL=1 SKIP_JS_BUILD=1 SKIP_CSS_BUILD=1 && {node.build}"
        )
    if assets:
        # Before 7.1 Rails knows no SECRET_KEY_BASE_DUMMY.
        old = () < bundle.version("rails") < (7, 1)
        dummy = "SECRET_KEY_BASE=${SECRET_KEY_BASE:-only-for-the-build} " if old else ""
        commands.append(f"{dummy}bundle exec rails assets:precompile")
    if node:
        commands.append(node.remove)
    return tuple(commands)


def run_env(kind: Kind) -> dict[str, str]:
    """Variables of the running app."""
    env = {"RACK_ENV": "production", "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
    if kind.slug != "rails":
        return env
    return {
        **env,
        "RAILS_ENV": "production",
        "RAILS_LOG_TO_STDOUT": "1",
        "RAILS_SERVE_STATIC_FILES": "1",
        "LD_PRELOAD": "libjemalloc.so.2",
    }


def _rails(tree: Tree) -> Kind:
    program = "bin/rails" if tree.exists("bin/rails") else "bundle exec rails"
    return Kind(
        slug="rails",
        why="config/application.rb and the gem rails",
        start=f"{program} server -b 0.0.0.0 -p $PORT",
        writable=("tmp", "log", "storage"),
        notes=(
            "Rails needs the variable SECRET_KEY_BASE, or RAILS_MASTER_KEY for encrypted credentials",
        ),
    )


def _rack(tree: Tree, bundle: Bundle, slug: str) -> Kind:
    execute = "bundle exec " if bundle.gemfile else ""
    if bundle.has("puma") or not bundle.gemfile:
        config = "-C config/puma.rb " if tree.exists("config/puma.rb") else ""
        # A port in Puma's own configuration would win over the option alone.
        start = f"{execute}puma {config}-b tcp://0.0.0.0:$PORT"
        return Kind(slug=slug, why="config.ru, served by Puma", start=start)
    start = f"{execute}rackup -o 0.0.0.0 -p $PORT"
    if bundle.has(*_SERVERS):
        return Kind(slug=slug, why="config.ru, served by rackup", start=start)
    note = "The bundle has no web server: add the gem puma, and rackup with it"
    return Kind(slug=slug, why="config.ru", start=start, notes=(note,))


def _sinatra_file(tree: Tree) -> str | None:
    """The file of a classic Sinatra app, which serves when it is run."""
    for path in ("app.rb", "main.rb", "server.rb", "web.rb", *tree.glob("*.rb")):
        text = tree.read(path) or ""
        if re.search(r"""^[ \t]*require\s*\(?["']sinatra["']""", text, re.MULTILINE):
            return path
    return None
