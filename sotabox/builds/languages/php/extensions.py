"""Which PHP extensions an app needs beyond those in its image."""

import re
from collections.abc import Iterator
from typing import Final

from sotabox.builds.languages.php.composer import Composer
from sotabox.builds.overrides import Overrides
from sotabox.builds.source import Tree

#: In PHP's official images, on which FrankenPHP's stand.
_BUILT_IN: Final = frozenset({
    "core", "ctype", "curl", "date", "dom", "fileinfo", "filter", "hash", "iconv", "json", "libxml",
    "lexbor", "mbstring", "mysqlnd", "openssl", "pcre", "pdo", "pdo_sqlite", "phar", "posix",
    "random", "readline", "reflection", "session", "simplexml", "sodium", "spl", "sqlite3",
    "standard", "tokenizer", "uri", "xml", "xmlreader", "xmlwriter", "zlib",
})  # fmt: skip
_RENAMED: Final = {"zend-opcache": "opcache"}
#: Packages that speak to a database of the person's choice, which only the variables tell at run time.
_ANY_DATABASE: Final = (
    "laravel/framework", "illuminate/database", "doctrine/dbal", "doctrine/orm", "cakephp/cakephp",
    "cakephp/database", "yiisoft/yii2", "codeigniter4/framework", "cycle/database", "drupal/core",
    "slim/pdo", "catfan/medoo", "craftcms/cms",
)  # fmt: skip
_DRIVERS: Final = ("pdo_mysql", "pdo_pgsql")
_WORDPRESS: Final = ("exif", "gd", "intl", "mysqli", "zip")
_BY_PACKAGE: Final = (
    ("laravel/framework", ("bcmath", "intl", "pcntl", "zip")),
    ("laravel/horizon", ("pcntl", "redis")),
    ("symfony/framework-bundle", ("intl",)),
    ("drupal/core", ("gd",)),
    ("drupal/core-recommended", ("gd", *_DRIVERS)),
    ("codeigniter4/framework", ("intl", "mysqli")),
    ("roots/wordpress", _WORDPRESS),
    ("johnpbloch/wordpress", _WORDPRESS),
    ("craftcms/cms", ("bcmath", "gd", "intl", "zip")),
)
#: What plain code names, and the extension behind it.
_IN_CODE: Final = (
    (re.compile(r"\bmysqli(?:_connect)?\b|\bnew\s+mysqli\b", re.IGNORECASE), "mysqli"),
    (re.compile(r"""["']mysql:""", re.IGNORECASE), "pdo_mysql"),
    (re.compile(r"""["']pgsql:""", re.IGNORECASE), "pdo_pgsql"),
    (re.compile(r"\bpg_connect\b"), "pgsql"),
    (re.compile(r"\bnew\s+\\?Redis\b"), "redis"),
    (re.compile(r"\bimagecreate\w*\("), "gd"),
    (re.compile(r"\bnew\s+\\?ZipArchive\b"), "zip"),
    (re.compile(r"\bnew\s+\\?(?:NumberFormatter|IntlDateFormatter|Collator)\b"), "intl"),
)
_READ_FILES: Final = 200
_NAME: Final = re.compile(r"[a-z0-9_]+(?:-[\w.^@]+)?")


def extensions_of(tree: Tree, composer: Composer, overrides: Overrides) -> tuple[str, ...]:
    """The extensions to install, sorted, so that the same set is the same layer for all apps."""
    wanted = {_RENAMED.get(name, name) for name in _wanted(tree, composer, overrides)}
    return tuple(sorted(n for n in wanted - _BUILT_IN if _NAME.fullmatch(n)))


def _wanted(tree: Tree, composer: Composer, overrides: Overrides) -> Iterator[str]:
    yield "opcache"
    yield from re.split(r"[\s,]+", overrides.railpack.get("PHP_EXTENSIONS", "").lower())
    yield from composer.extensions
    if not composer.packages.isdisjoint(_ANY_DATABASE):
        yield from _DRIVERS
    for package, names in _BY_PACKAGE:
        if package in composer.packages:
            yield from names
    if tree.exists("wp-includes"):
        yield from _WORDPRESS
    texts = _code(tree)
    # Laravel takes the extension unless its settings name the package.
    if "laravel/framework" in composer.packages and "predis/predis" not in composer.packages:
        examples = "\n".join(tree.read(p) or "" for p in (".env.example", "config/database.php"))
        if re.search(r"=redis\b|\bphpredis\b", examples):
            yield "redis"
    for pattern, name in _IN_CODE:
        if any(pattern.search(text) for text in texts):
            yield name


def _code(tree: Tree) -> list[str]:
    """The app's own code, as far as it is worth reading."""
    paths = [p for p in tree.glob("**/*.php") if not re.search(r"(?:^|/)(?:vendor|tests?)/", p)]
    return [tree.read(path) or "" for path in paths[:_READ_FILES]]
