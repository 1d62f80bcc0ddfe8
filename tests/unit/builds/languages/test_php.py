"""PHP apps and the plans that they get."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.overrides import Overrides
from sotabox.builds.plan import BUILD, BuildPlan, Carry
from sotabox.builds.source import MemoryTree
from sotabox.errors import Invalid, UnknownApp


def plan(files: Mapping[str, Any], env: Mapping[str, str] | None = None, **set_: str) -> BuildPlan:
    """The plan of a tree; a file's content that is no text is JSON."""
    texts = {path: x if isinstance(x, str) else json.dumps(x) for path, x in files.items()}
    return detect(MemoryTree(texts), Overrides(**set_), env)  # type: ignore[arg-type]


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def composer(php: str = "^8.2", *packages: str, **more: Any) -> dict[str, Any]:
    return {"require": {"php": php, **dict.fromkeys(packages, "*")}, **more}


def served(root: str) -> str:
    return (
        f"SERVER_NAME=:$PORT SERVER_ROOT={root} frankenphp run --config /etc/frankenphp/Caddyfile"
    )


VITE = {
    "package.json": {"scripts": {"build": "vite build"}, "devDependencies": {"vite": "^6.0.0"}},
    "package-lock.json": "{}",
    "vite.config.js": "",
}
LARAVEL: dict[str, Any] = {
    "composer.json": composer("^8.2", "laravel/framework", "ext-redis"),
    "composer.lock": {
        "packages": [{"name": "laravel/framework", "require": {"ext-mbstring": "*"}}]
    },
    "artisan": "",
    "public/index.php": "",
    **VITE,
}


def test_laravel_is_served_with_its_assets(golden: Callable[[str, str], None]) -> None:
    """Laravel with Vite deploys as it is (shape 38)."""
    built = plan(LARAVEL)
    assert (built.language, built.framework) == ("php", "laravel")
    assert {v.tool: v.version for v in built.versions} == {"php": "8.4"}
    assert [helper.name for helper in built.helpers] == ["node"]
    assert built.start == f"php artisan optimize; exec env {served('/app/public')}"
    text = dockerfile(built)
    assert "npm run build" in text
    golden("php-laravel", text)


def test_laravel_has_the_drivers_of_every_database() -> None:
    """Which database it is, only the variables say: MySQL and PostgreSQL both work."""
    install = next(line for line in dockerfile(plan(LARAVEL)).splitlines() if "extensions" in line)
    for name in ("pdo_mysql", "pdo_pgsql", "redis", "opcache", "pcntl"):
        assert f" {name} " in install
    assert " mbstring " not in install


def test_laravel_bakes_no_configuration_into_the_image() -> None:
    """The key and the database come with the variables, which the build's image never has."""
    built = plan(LARAVEL)
    assert built.toolchain
    assert "artisan optimize" not in built.toolchain.build[0].run
    assert any("APP_KEY" in note for note in built.notes)
    assert any("migrate --force" in note for note in built.notes)
    quiet = plan(LARAVEL, {"RAILPACK_SKIP_MIGRATIONS": "1"})
    assert not any("migrate" in note for note in quiet.notes)


def test_php_build_and_run_share_the_step_that_installs_extensions() -> None:
    """Extensions are compiled once, not once a stage."""
    lines = dockerfile(plan(LARAVEL)).splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("FROM dunglas/frankenphp")]
    first, last = starts[0], starts[-1]
    assert lines[first + 1 : first + 3] == lines[last + 1 : last + 3]
    assert "install-php-extensions" in lines[last + 2]


def test_php_server_starts_without_any_right() -> None:
    """The image's server carries a capability, with which it would not start here."""
    assert 'cp "$server" "$server.plain" && mv "$server.plain" "$server"' in dockerfile(
        plan({"index.php": ""})
    )


def test_php_packages_come_before_the_source() -> None:
    """A changed source reinstalls no package and moves none of them."""
    text = dockerfile(plan(LARAVEL))
    assert text.index("composer install") < text.index("COPY source/ ./")
    assert text.index("--from=dependencies /app/vendor") < text.index("--from=build /app /app")
    assert "find vendor -mindepth 1" in text


def test_php_person_s_own_build_finds_an_autoloader() -> None:
    """Whoever replaces the build does not have to know that it made the autoloader."""
    built = plan(LARAVEL, build="npm run build")
    text = dockerfile(built)
    assert "--optimize-autoloader" in text
    assert text.index("COPY source/ ./") < text.index("composer install")
    assert built.carries == (Carry(BUILD, "/app", "/app"),)


@pytest.mark.parametrize(
    ("files", "root"),
    [
        ({"index.php": ""}, "/app"),
        ({"index.php": "", "public/index.php": ""}, "/app/public"),
        ({"composer.json": composer(), "web/index.php": ""}, "/app/web"),
    ],
)
def test_php_files_are_served_from_where_they_are(files: dict[str, Any], root: str) -> None:
    """The directory with the index.php is what the web sees, and nothing above it."""
    built = plan(files)
    assert (built.framework, built.start) == ("php", served(root))


def test_php_root_is_what_the_variable_says() -> None:
    """An unusual directory can be named; one that is not there is an error."""
    files = {"index.php": "", "www/index.php": ""}
    assert plan(files, {"RAILPACK_PHP_ROOT_DIR": "/app/www"}).start == served("/app/www")
    with pytest.raises(Invalid, match="'wwww', which is not in the archive"):
        plan(files, {"RAILPACK_PHP_ROOT_DIR": "wwww"})


def test_php_plain_files_need_no_composer(golden: Callable[[str, str], None]) -> None:
    """Files alone are served, and what their code calls is installed."""
    built = plan({"index.php": "<?php new PDO('mysql:host=' . getenv('DB'));"})
    assert built.toolchain is None
    golden("php-plain", dockerfile(built))


@pytest.mark.parametrize(
    ("files", "slug"),
    [
        ({"composer.json": composer("^8.2", "symfony/framework-bundle")}, "symfony"),
        ({"wp-includes/version.php": ""}, "wordpress"),
        ({"composer.json": composer("^8.2", "slim/slim")}, "php"),
    ],
)
def test_php_framework_is_named(files: dict[str, Any], slug: str) -> None:
    """The dashboard shows what the app is."""
    assert plan({"index.php": "", **files}).framework == slug


def test_symfony_lacks_no_env_file_and_runs_its_scripts() -> None:
    """The .env stays on the laptop, and Symfony insists on one."""
    scripts = {"auto-scripts": {"cache:clear": "symfony-cmd"}}
    files = {
        "composer.json": composer("^8.2", "symfony/framework-bundle", scripts=scripts),
        "public/index.php": "",
    }
    text = dockerfile(plan(files))
    assert "touch .env && composer dump-autoload" in text
    assert "composer run-script --no-dev --no-interaction auto-scripts" in text
    assert "APP_ENV=prod" in text


@pytest.mark.parametrize(
    ("php", "version", "warned"),
    [
        ("^8.2", "8.4", False),
        (">=7.4", "8.4", False),
        ("~8.3.0", "8.3", False),
        ("8.3.10", "8.3.10", False),
        ("^9.0", "8.4", True),
        ("^7.4", "8.2", True),
        ("8.1", "8.2", True),
    ],
)
def test_php_version_is_composer_s(php: str, version: str, warned: bool) -> None:
    """What Composer resolved for runs; a PHP without an image becomes the nearest, with a word."""
    built = plan({"composer.json": composer(php), "index.php": ""})
    assert built.versions[0].version == version
    assert bool(built.warnings) is warned


def test_php_extensions_are_the_packages_and_the_variable_s() -> None:
    """ext-* of every package in the lock, and what a person adds; nothing that could be a command."""
    built = plan(
        {
            "index.php": "",
            "composer.json": composer(),
            "composer.lock": {"packages": [{"name": "a/b", "require": {"ext-imagick": "*"}}]},
        },
        {"RAILPACK_PHP_EXTENSIONS": "gmp, apcu;reboot"},
    )
    text = dockerfile(built)
    assert "install-php-extensions gmp imagick opcache &&" in text


@pytest.mark.parametrize(
    ("package", "extensions"),
    [
        ("roots/wordpress", "exif gd intl mysqli opcache zip"),
        ("codeigniter4/framework", "intl mysqli opcache pdo_mysql pdo_pgsql"),
        ("drupal/core-recommended", "gd opcache pdo_mysql pdo_pgsql"),
    ],
)
def test_php_framework_has_what_it_can_not_do_without(package: str, extensions: str) -> None:
    """Its database and what its own packages require, also without a lock that says so."""
    text = dockerfile(plan({"composer.json": {"require": {package: "*"}}, "web/index.php": ""}))
    assert f"install-php-extensions {extensions} &&" in text


def test_composer_for_tools_beside_node_is_a_node_app() -> None:
    """A composer.json that only a linter needs makes no PHP app."""
    files = {
        "composer.json": {"require-dev": {"x/lint": "*"}},
        "package.json": {"scripts": {"start": "node x.js"}},
        "x.js": "",
    }
    assert plan(files).language == "node"


def test_composer_package_without_pages_says_what_was_looked_for() -> None:
    """A library has no index.php to serve."""
    with pytest.raises(UnknownApp, match=r"Looked for index\.php in: public"):
        plan({"composer.json": composer("^8.2", "monolog/monolog")})


@pytest.mark.parametrize("text", ["{", "[]"])
def test_composer_file_that_is_broken_is_named(text: str) -> None:
    """A typo in composer.json is answered with its name."""
    with pytest.raises(Invalid, match=r"composer\.json is not"):
        plan({"composer.json": text, "index.php": ""})


def test_php_start_command_of_heroku_is_warned_about() -> None:
    """A Procfile from there names a server that is not here."""
    built = plan({"index.php": "", "Procfile": "web: vendor/bin/heroku-php-apache2 public/"})
    assert any("Heroku" in warning for warning in built.warnings)


def test_php_page_beside_a_plain_one_is_run_and_not_shown() -> None:
    """A site with a contact form in PHP never hands out its source."""
    built = plan({"index.html": "", "contact.php": ""})
    assert (built.language, built.start) == ("php", served("/app"))
