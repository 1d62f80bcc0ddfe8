"""The image that serves sites of files: Caddy, FROM scratch, made on the box and shared by all.

Sites are built FROM it, so that the 50 MB of Caddy are sent to the engine once and a site's own
image adds nothing but its files. Its tag names its content: a new Caddy or a changed configuration
is a new image.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from sotabox.builds.dockerfile import APP_UID, SITE_CONFIG, SITE_DIR, SPA_CONFIG
from sotabox.builds.plan import DEFAULT_PORT

REPOSITORY: Final = "sotabox/static-server"

#: `PORT` and, for tests, `SITE_DIR` are read from the environment at start.
_CONFIG: Final = Template("""\
{
	admin off
	persist_config off
	auto_https off
	storage_check off
	storage_clean_interval off
	grace_period 10s
	log {
		level ERROR
	}
}

:{$$PORT:$port} {
	root * {$$SITE_DIR:$site}
	encode zstd gzip

	route {
		header X-Content-Type-Options nosniff
		header Cache-Control no-cache

		@hidden {
			path */.*
			not path_regexp ^/\\.well-known(/[^./][^/]*)*/?$$
		}
		error @hidden 404

		@health {
			path /health
			not file {path} {path}.html {path}/index.html
		}
		respond @health "ok" 200

		@generated {
			path /_next/static/* /_app/immutable/* /_astro/* /_nuxt/*
			file {path}
		}
		header @generated Cache-Control "public, max-age=31536000, immutable"

		@hashed {
			file {path}
			expression <<CEL
				path_regexp('\\\\.(js|mjs|css|map|wasm|woff2?|ttf|otf|eot|svg|png|jpe?g|gif|webp|avif|ico|mp4|webm)$$') &&
				(
					path_regexp('[.-][0-9a-f]*([0-9][0-9a-f]*[a-f]|[a-f][0-9a-f]*[0-9])[0-9a-f]*\\\\.') &&
					path_regexp('[.-][0-9a-f]{8,}\\\\.')
					||
					path_regexp('/assets/.*-[A-Za-z0-9_-]{8}\\\\.') &&
					path_regexp('-[a-z_-]*[A-Z0-9][A-Za-z0-9_-]*\\\\.[a-z0-9]+$$')
				)
			CEL
		}
		header @hashed Cache-Control "public, max-age=31536000, immutable"

		try_files {path} {path}.html {path}/
$fallback
		file_server {
			precompressed br zstd gzip
		}
	}

	handle_errors 404 {
		@page file /404.html
		route @page {
			rewrite * /404.html
			file_server {
				status 404
			}
		}
		respond "Not found" 404
	}
}
""")
_FALLBACK: Final = """
		@page {
			method GET HEAD
			header Accept *text/html*
			not file {path} {path}/index.html
		}
		rewrite @page /index.html
"""


@dataclass(frozen=True, slots=True)
class HelperImage:
    """An image that the box makes for itself: build it when no image has its tag."""

    tag: str
    dockerfile: str
    files: Mapping[str, bytes | Path]


def static_server_image(caddy: Path, version: str) -> HelperImage:
    """The image around a Caddy binary.

    Args:
        caddy: the binary, which must be static (as Caddy's releases are).
        version: of the binary; with its size it stands for its content.
    """
    files: dict[str, bytes | Path] = {
        "caddy": caddy,
        "site.caddyfile": render_config(fallback=False).encode(),
        "spa.caddyfile": render_config(fallback=True).encode(),
    }
    dockerfile = _render_dockerfile()
    parts = [version, str(caddy.stat().st_size), dockerfile]
    parts += [content.decode() for content in files.values() if isinstance(content, bytes)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
    return HelperImage(f"{REPOSITORY}:{version}-{digest}", dockerfile, files)


def render_config(*, fallback: bool) -> str:
    """The Caddyfile of a site; with `fallback`, pages that no file answers are `index.html`."""
    return _CONFIG.substitute(
        port=DEFAULT_PORT, site=SITE_DIR, fallback=_FALLBACK if fallback else ""
    )


def _render_dockerfile() -> str:
    """Caddy in the first layer, so that a changed configuration sends nothing large again."""
    return f"""\
FROM scratch
COPY caddy /caddy
COPY site.caddyfile {SITE_CONFIG}
COPY spa.caddyfile {SPA_CONFIG}
ENV HOME=/tmp PORT={DEFAULT_PORT}
USER {APP_UID}:{APP_UID}
EXPOSE {DEFAULT_PORT}
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "{SITE_CONFIG}"]
"""
