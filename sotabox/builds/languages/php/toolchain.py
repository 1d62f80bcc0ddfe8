"""Where Composer installs, and what the image has besides PHP itself."""

import shlex
from typing import Final

from sotabox.builds.bases import image_of
from sotabox.builds.instructions import install_packages
from sotabox.builds.languages.node_beside import NodeBeside
from sotabox.builds.languages.php.composer import Composer, manifests
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import APP_DIR, Bind, Cache, Step, Toolchain
from sotabox.builds.source import Tree

_CACHE: Final = Cache("composer", "/root/.cache/composer")
_FLAGS: Final = "--no-dev --no-interaction --no-progress --prefer-dist"
_DRIFT: Final = "sotabox: warning: the install from composer.lock failed; trying once without its exact versions"
#: The server may open low ports, which no app here has the right to: it would not even start. A
#: copy has no such rights. The image's own page shows its settings to anybody.
_PLAIN_SERVER: Final = (
    'server="$(command -v frankenphp)" && cp "$server" "$server.plain" '
    '&& mv "$server.plain" "$server" && rm -rf /app/public '
    '&& { [ ! -f "$PHP_INI_DIR/php.ini-production" ] '
    '|| cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"; }'
)
_LARAVEL_FOLDERS: Final = (
    "bootstrap", "bootstrap/cache", "storage", "storage/app", "storage/app/public",
    "storage/framework", "storage/framework/cache", "storage/framework/cache/data",
    "storage/framework/sessions", "storage/framework/views", "storage/logs",
)  # fmt: skip


def run_setup(extensions: tuple[str, ...]) -> tuple[Step, ...]:
    """The extensions, and a server that starts without rights; the same step in both stages."""
    return (Step(f"install-php-extensions {' '.join(extensions)} && {_PLAIN_SERVER}"),)


def writable(framework: str) -> tuple[str, ...]:
    """Directories that must be there: the server's own, and those that Git leaves out when empty."""
    folders = _LARAVEL_FOLDERS if framework == "laravel" else ()
    return ("/config/caddy", "/data/caddy", *(f"{APP_DIR}/{folder}" for folder in folders))


def toolchain_of(
    tree: Tree,
    composer: Composer,
    framework: str,
    image: str,
    setup: tuple[Step, ...],
    node: NodeBeside | None,
    overrides: Overrides,
) -> Toolchain | None:
    """The stages of Composer and of the assets; None where there is neither."""
    if not composer.manifest and node is None:
        return None
    program = Bind(
        image_of("composer", "", overrides.images), "/usr/bin/composer", "/usr/bin/composer"
    )
    tools = Step(install_packages(("git", "unzip")))
    build = _build(composer, framework, node)
    whole = needs_source(composer, overrides)
    return Toolchain(
        name="php",
        image=image,
        setup=(*setup, tools) if composer.has_dependencies else setup,
        files=() if whole else manifests(tree, composer) or ("package.json",),
        install=(Step(_install(composer, whole=whole), (_CACHE,), (program,)),)
        if composer.manifest
        else (),
        env_prefixes=("COMPOSER", "PHP"),
        needs=node.needs if node else (),
        build=(Step(" && ".join(build), node.caches if node else (), (program,)),),
        build_env={
            "COMPOSER_ALLOW_SUPERUSER": "1",
            **({"APP_ENV": "prod"} if framework == "symfony" else {}),
            **(node.env if node else {}),
        },
    )


def needs_source(composer: Composer, overrides: Overrides) -> bool:
    """Whether an install must see the source: a person's own build would make no autoloader."""
    return bool(composer.manifest) and (bool(overrides.build) or composer.installs_anything)


def _install(composer: Composer, *, whole: bool) -> str:
    # Without scripts, as these are the app's own, and its source and variables come later. Without
    # an autoloader for the same reason: it lists the classes of directories that must be there.
    flags = f"{_FLAGS} --no-scripts {'--optimize-autoloader' if whole else '--no-autoloader'}"
    install = f"composer install {flags}"
    if composer.lock:
        again = f"composer update {flags}"
        install = f"{{ {install} || {{ echo {shlex.quote(_DRIFT)} >&2; {again}; }}; }}"
    return f"export COMPOSER_ALLOW_SUPERUSER=1 && {install} && mkdir -p vendor"


def _build(composer: Composer, framework: str, node: NodeBeside | None) -> list[str]:
    commands = []
    if framework == "symfony":
        commands.append("touch .env")  # it must be there, even if the variables come from elsewhere
    if framework == "laravel":
        commands.append("mkdir -p " + " ".join(_LARAVEL_FOLDERS))
    if composer.manifest:
        commands.append("composer dump-autoload --no-dev --no-interaction --optimize")
    if framework == "symfony" and composer.has_script("auto-scripts"):
        commands.append("composer run-script --no-dev --no-interaction auto-scripts")
    if node:
        commands += [node.build, node.remove]
    if composer.manifest:
        # The packages reach the image from their own stage, which a changed source leaves alone.
        commands.append(
            "find vendor -mindepth 1 -maxdepth 1 ! -name composer ! -name 'autoload*.php' "
            "-exec rm -rf {} +"
        )
    return commands
