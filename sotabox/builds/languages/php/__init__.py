"""PHP: Laravel, Symfony, WordPress and plain files, served by FrankenPHP."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sotabox.builds.bases import TOOLS, image_of
from sotabox.builds.languages.node_beside import NodeBeside, node_beside
from sotabox.builds.languages.php.composer import Composer, read_composer
from sotabox.builds.languages.php.extensions import extensions_of
from sotabox.builds.languages.php.toolchain import (
    needs_source,
    run_setup,
    toolchain_of,
    writable,
)
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import (
    APP_DIR,
    BUILD,
    DEPENDENCIES,
    SOURCE,
    Carry,
    LanguagePlan,
    Reason,
    Toolchain,
    Version,
)
from sotabox.builds.source import Tree
from sotabox.builds.verdict import Declined
from sotabox.builds.versions import Wanted, choose, from_file, from_tool_files, satisfies
from sotabox.errors import Invalid

NAME: Final = "php"
STRONG: Final = ("composer.json",)
WEAK: Final = ("index.php", "*.php")

#: Where frameworks keep what the web may see, in the order in which they are looked at.
ROOTS: Final = ("public", "web", "webroot", "htdocs", "public_html", "html", "")
_FRAMEWORKS: Final = (
    ("laravel", ("laravel/framework",)),
    ("symfony", ("symfony/framework-bundle", "symfony/runtime")),
    ("wordpress", ("johnpbloch/wordpress", "roots/wordpress", "roots/bedrock-autoloader")),
)


def plan(tree: Tree, overrides: Overrides) -> LanguagePlan | Declined:
    """The plan of a PHP app; declined where Composer only brings tools."""
    composer = read_composer(tree)
    root, why = _root(tree, overrides)
    if root is None and not composer.has_dependencies and not overrides.start:
        return Declined("there is no index.php, and composer.json requires no packages")
    framework = _framework(tree, composer)
    version, warnings = _version(tree, composer, overrides)
    image = image_of("frankenphp", version.version, overrides.images)
    extensions = extensions_of(tree, composer, overrides)
    node = node_beside(tree, overrides)
    setup = run_setup(extensions)
    tool = toolchain_of(tree, composer, framework, image, setup, node, overrides)
    start = None if root is None else _start(framework, root)
    return LanguagePlan(
        language=NAME,
        framework=framework,
        versions=(version,),
        toolchain=tool,
        helpers=(node.helper,) if node else (),
        run_image=image,
        run_setup=setup,
        run_env=_run_env(framework),
        carries=_carries(tool, apart=not needs_source(composer, overrides)),
        writable=writable(framework),
        start=start,
        no_start=f"Looked for index.php in: {', '.join(r or 'the root' for r in ROOTS)}.",
        reasons=tuple(_reasons(composer, framework, why, extensions, node)),
        warnings=(*warnings, *_warnings(overrides), *(node.warnings if node else ())),
        notes=tuple(_notes(composer, framework, overrides)),
    )


def _root(tree: Tree, overrides: Overrides) -> tuple[str | None, str]:
    """The directory that the web sees, and why; None if there is no index.php."""
    if (named := overrides.railpack.get("PHP_ROOT_DIR")) is not None:
        clean = named.removeprefix(APP_DIR).strip("/").removeprefix("./")
        if clean not in ("", ".") and not tree.exists(clean):
            raise Invalid(
                f"RAILPACK_PHP_ROOT_DIR names '{named}', which is not in the archive",
                hint="Name the directory with index.php, such as 'public'.",
            )
        return clean, "RAILPACK_PHP_ROOT_DIR"
    for root in ROOTS:
        if tree.exists(f"{root}/index.php" if root else "index.php"):
            return root, f"{root}/index.php" if root else "index.php in the root"
    if tree.exists("index.html") and (pages := tree.glob("*.php")):
        return "", f"{pages[0]} beside index.html"
    return None, ""


def _framework(tree: Tree, composer: Composer) -> str:
    for slug, names in _FRAMEWORKS:
        if not composer.packages.isdisjoint(names):
            return slug
    if tree.exists("wp-includes") or tree.exists("wp-config.php"):
        return "wordpress"
    return NAME


def _version(
    tree: Tree, composer: Composer, overrides: Overrides
) -> tuple[Version, tuple[str, ...]]:
    """PHP's version; lines for which there is no image become the nearest that has one."""
    wanted = next(
        (
            want
            for want in (
                overrides.version("php"),
                from_tool_files(tree, "php"),
                from_file(tree, ".php-version"),
                _want(composer.php, "require.php in composer.json"),
                _want(composer.platform_php, "config.platform in composer.json"),
            )
            if want is not None
        ),
        None,
    )
    if wanted and _before(wanted.text, oldest := TOOLS["frankenphp"].lines[0]):
        asked = f"{wanted.origin} asks for PHP {wanted.text}, which gets no more security fixes"
        version = Version(NAME, oldest, "the oldest line that there is an image of")
        return version, (f"{asked}: {oldest} is used",)
    version, warnings = choose("frankenphp", (wanted,))
    return replace(version, tool=NAME), warnings


def _before(constraint: str, oldest: str) -> bool:
    """Whether only lines before `oldest` satisfy the constraint."""
    lines = TOOLS["frankenphp"].lines
    numbers = re.findall(r"\d+", constraint)[:2]
    return (
        bool(numbers)
        and not any(satisfies(line, constraint) for line in lines)
        and tuple(map(int, numbers)) < tuple(map(int, oldest.split(".")))
    )


def _want(text: str, origin: str) -> Wanted | None:
    return Wanted(text, origin) if text else None


def _start(framework: str, root: str) -> str:
    directory = f"{APP_DIR}/{root}" if root not in ("", ".") else APP_DIR
    serve = (
        f"SERVER_NAME=:$PORT SERVER_ROOT={shlex.quote(directory)} "
        "frankenphp run --config /etc/frankenphp/Caddyfile"
    )
    if framework != "laravel":
        return serve
    # At start, as only here the variables are there that it bakes into its caches.
    return f"php artisan optimize; exec env {serve}"


def _run_env(framework: str) -> dict[str, str]:
    if framework == "laravel":
        return {"APP_ENV": "production", "LOG_CHANNEL": "stderr"}
    return {"APP_ENV": "prod"} if framework == "symfony" else {}


def _carries(tool: Toolchain | None, *, apart: bool) -> tuple[Carry, ...]:
    """What is taken into the image.

    Args:
        apart: the packages come from their own stage, as they change least; the build has taken
            them out of its tree.
    """
    if tool is None:
        return (Carry(SOURCE, ".", APP_DIR),)
    vendor = Carry(DEPENDENCIES, f"{APP_DIR}/vendor", f"{APP_DIR}/vendor")
    return (*((vendor,) if tool.install and apart else ()), Carry(BUILD, APP_DIR, APP_DIR))


def _reasons(
    composer: Composer,
    framework: str,
    root: str,
    extensions: tuple[str, ...],
    node: NodeBeside | None,
) -> Iterator[Reason]:
    yield Reason("PHP", f"{'composer.json' if composer.manifest else 'index.php'} in the archive")
    if framework != NAME:
        yield Reason(f"framework {framework}", "its packages or files")
    if root:
        yield Reason("the web's directory", root)
    yield Reason(
        f"extensions {' '.join(extensions)}",
        "OPcache, what the packages require, what the code calls",
    )
    yield from node.reasons if node else ()


def _warnings(overrides: Overrides) -> Iterator[str]:
    if "heroku-php-" in (overrides.start or ""):
        yield (
            "The start command is of Heroku's PHP server, which is not here: without it the app is "
            "served by FrankenPHP"
        )


def _notes(composer: Composer, framework: str, overrides: Overrides) -> Iterator[str]:
    if composer.has_dependencies and not composer.lock:
        yield "There is no composer.lock, so every build may take newer packages: add it"
    if framework != "laravel":
        return
    yield "Laravel needs the variable APP_KEY ('php artisan key:generate --show' makes one)"
    if not overrides.release and not overrides.flag("SKIP_MIGRATIONS"):
        yield (
            "Migrations are not run: a Procfile with a line "
            "'release: php artisan migrate --force' runs them before each swap"
        )
