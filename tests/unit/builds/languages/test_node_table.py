"""The shapes of Node and Bun apps, each with the plan that it gets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from sotabox.builds.detect import detect
from sotabox.builds.dockerfile import RenderOptions, render_dockerfile
from sotabox.builds.plan import BuildPlan, Static
from sotabox.builds.source import MemoryTree
from sotabox.errors import UnknownApp

NPM_LOCK = {"package-lock.json": "{}"}
PNPM_9 = {"pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}
YARN_1 = {"yarn.lock": "# yarn lockfile v1\n"}
BERRY = {"yarn.lock": "__metadata:\n  version: 8\n"}


def plan(files: Mapping[str, Any], env: Mapping[str, str] | None = None) -> BuildPlan:
    """The plan of a tree; a file's content that is no text is JSON."""
    texts = {
        path: content if isinstance(content, str) else json.dumps(content)
        for path, content in files.items()
    }
    return detect(MemoryTree(texts), env=env)


def dockerfile(built: BuildPlan) -> str:
    return render_dockerfile(built, RenderOptions(project="p1"))


def package(
    *dependencies: str,
    dev: tuple[str, ...] = (),
    scripts: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A `package.json`."""
    return {
        "dependencies": dict.fromkeys(dependencies, "*"),
        "devDependencies": dict.fromkeys(dev, "*"),
        "scripts": dict(scripts or {}),
        **more,
    }


@dataclass(frozen=True)
class Shape:
    """An app's files, and what its plan must and must not say."""

    name: str
    files: Mapping[str, Any]
    framework: str
    start: str | None = None
    static: Static | None = None
    versions: Mapping[str, str] = field(default_factory=dict)  # beginnings
    within: tuple[str, ...] = ()  # texts of the Dockerfile
    without: tuple[str, ...] = ()
    says: tuple[str, ...] = ()  # texts of warnings and notes


WORKSPACE: dict[str, Any] = {
    "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n  - libs/*  # shared\n",
    "package.json": {"name": "all", "private": True},
    **PNPM_9,
    "apps/admin/package.json": package("next", "ui", name="admin", scripts={"build": "next build"}),
    "libs/ui/package.json": package(name="ui", scripts={"build": "tsc"}),
    "libs/unrelated/package.json": package(name="unrelated", scripts={"build": "tsc"}),
}

SHAPES = [
    Shape(
        "express with npm",
        {"package.json": package("express", scripts={"start": "node server.js"}), "server.js": "", **NPM_LOCK},
        "express",
        "node server.js",
        versions={"node": "22"},
        within=("npm ci ||", 'CMD ["node", "server.js"]', "COPY source/package-lock.json source/package.json ./"),
    ),
    Shape(
        "main and nothing else",
        {"package.json": {"main": "lib/web.js"}, "lib/web.js": ""},
        "node",
        "node lib/web.js",
        within=("RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm install ||", "npm install --legacy-peer-deps; }"),
        without=("npm ci",),
        says=("lock file",),
    ),
    Shape(
        "fastify in TypeScript with pnpm",
        {
            "package.json": package(
                "fastify", dev=("typescript",), scripts={"build": "tsc", "start": "node dist/api.js"}, engines={"node": "^20.11"}
            ),
            **PNPM_9,
        },
        "fastify",
        "node dist/api.js",
        versions={"node": "20", "pnpm": "9."},
        within=("--frozen-lockfile", "pnpm prune --prod", "pnpm run build"),
    ),
    Shape(
        "koa started by nodemon, with yarn 1",
        {"package.json": package("koa", dev=("nodemon",), scripts={"start": "nodemon app.js"}), **YARN_1, "app.js": ""},
        "koa",
        "node app.js",
        versions={"yarn": "1."},
        within=("yarn install --non-interactive --frozen-lockfile", "sharing=locked"),
        says=("watches files",),
    ),
    Shape(
        "hono with yarn 4",
        {"package.json": package("hono", packageManager="yarn@4.5.3"), ".yarnrc.yml": "", ".nvmrc": "v22\n", "index.mjs": "", **BERRY},
        "hono",
        "node index.mjs",
        versions={"node": "22", "yarn": "4.5.3"},
        within=("@yarnpkg/cli-dist@4.5.3", "yarn install --immutable"),
    ),
    Shape(
        "elysia on bun",
        {"package.json": package("elysia", scripts={"start": "bun run src/boot.ts"}), "bun.lock": "", ".bun-version": "1.2.4", "src/boot.ts": ""},
        "elysia",
        "bun run src/boot.ts",
        versions={"bun": "1.2.4"},
        within=("FROM oven/bun:1.2.4-slim AS dependencies", "bun install --frozen-lockfile"),
        without=("node:",),
    ),
    Shape(
        "the manager named is not the lock's",
        {"package.json": package(packageManager="pnpm@9.12.0+sha512.abc", scripts={"start": "node ."}), **NPM_LOCK},
        "node",
        "node .",
        versions={"pnpm": "9.12.0"},
        within=("pnpm install --no-frozen-lockfile",),
        says=("package-lock.json is not pnpm's lock",),
    ),
    Shape(
        "next, standalone",
        {
            "package.json": package("next", scripts={"build": "next build", "start": "next start"}),
            "next.config.mjs": "export default { output: 'standalone' }",
            "public/a.txt": "",
            **NPM_LOCK,
        },
        "nextjs",
        "node server.js",
        within=(
            "--from=build /app/.next/standalone /app\n",
            "--from=build /app/.next/static /app/.next/static\n",
            "--from=build /app/public /app/public\n",
            "HOSTNAME=0.0.0.0",
            "target=/app/.next/cache",
        ),
        without=("/app/node_modules /app/node_modules",),
    ),
    Shape(
        "next with a port in its script",
        {"package.json": package("next", dev=("eslint",), scripts={"build": "next build", "start": "next start -p 3000"}), **NPM_LOCK},
        "nextjs",
        "next start -p $PORT",
        without=("prune", "npm start"),
    ),
    Shape(
        "next, exported",
        {
            "package.json": package("next", scripts={"build": "next build", "start": "next start"}),
            "next.config.ts": '// output: "standalone"\nexport default { output: "export", distDir: "site" };',
            **NPM_LOCK,
        },
        "nextjs",
        static=Static(root="site", built=True),
    ),
    Shape(
        "nuxt with bun as its manager",
        {"package.json": package("nuxt", scripts={"build": "nuxt build", "postinstall": "nuxt prepare"}), "bun.lock": ""},
        "nuxt",
        "node .output/server/index.mjs",
        versions={"node": "22", "bun": "1"},
        within=("npm pkg delete scripts.postinstall", "bun run postinstall && bun run build", "--from=build /app/.output /app/.output"),
        without=("oven/bun",),
    ),
    Shape(
        "react-router without a server",
        {
            "package.json": package("react", dev=("@react-router/dev",), scripts={"build": "react-router build", "start": "react-router-serve ./build/server/index.js"}),
            "react-router.config.ts": "export default { ssr: false } satisfies Config;",
            **NPM_LOCK,
        },
        "react-router",
        static=Static(root="build/client", fallback=True, built=True),
    ),
    Shape(
        "react-router with its server",
        {
            "package.json": package("@react-router/serve", dev=("@react-router/dev", "vite"), scripts={"build": "react-router build", "start": "react-router-serve ./build/server/index.js"}),
            "react-router.config.ts": "export default { ssr: true };",
            "vite.config.ts": "",
            **NPM_LOCK,
        },
        "react-router",
        "react-router-serve ./build/server/index.js",
        without=("prune",),
    ),
    Shape(
        "remix without a start script",
        {"package.json": package("@remix-run/node", "@remix-run/serve", dev=("@remix-run/dev", "vite"), scripts={"build": "remix vite:build"}), "vite.config.ts": "", **NPM_LOCK},
        "remix",
        "remix-serve build/server/index.js",
    ),
    Shape(
        "tanstack start on srvx",
        {"package.json": package("@tanstack/react-start", "srvx", dev=("vite",), scripts={"build": "vite build"}), "vite.config.ts": "", **NPM_LOCK},
        "tanstack-start",
        "srvx --prod -s ../client dist/server/server.js",
    ),
    Shape(
        "tanstack start as its template makes it, without a server",
        {"package.json": package("@tanstack/react-start", dev=("vite",), scripts={"build": "vite build"}), "vite.config.ts": "", **NPM_LOCK},
        "tanstack-start",
        "srvx --prod -s ../client dist/server/server.js",
        within=("npm install --global --prefix /opt/server srvx@", "--from=dependencies /opt/server /opt/server", ":/opt/server/bin:$PATH"),
        without=("npm prune",),
        says=("was added to serve the app",),
    ),
    Shape(
        "nest with its production script",
        {"package.json": package("@nestjs/core", dev=("@nestjs/cli",), scripts={"build": "nest build", "start": "nest start", "start:prod": "node dist/apps/api/main"}), **NPM_LOCK},
        "nestjs",
        "node dist/apps/api/main",
        within=("npm prune --omit=dev",),
    ),
    Shape(
        "nest without scripts to start",
        {"package.json": package("@nestjs/core", dev=("@nestjs/cli",), scripts={"build": "nest build", "start": "nest start --watch"}), **NPM_LOCK},
        "nestjs",
        "node dist/main",
    ),
    Shape(
        "angular on a server",
        {
            "package.json": package("@angular/core", "@angular/ssr", dev=("@angular/cli",), scripts={"start": "ng serve", "build": "ng build"}),
            "angular.json": {"projects": {"shop": {"projectType": "application", "architect": {"build": {"builder": "@angular/build:application", "options": {"server": "src/main.server.ts", "outputPath": {"base": "out"}}}}}}},
            **NPM_LOCK,
        },
        "angular",
        "node out/server/server.mjs",
        within=('NG_ALLOWED_HOSTS="*"',),
    ),
    Shape(
        "nuxt, generated",
        {"package.json": package("nuxt", scripts={"build": "nuxt generate"}), **NPM_LOCK},
        "nuxt",
        static=Static(root=".output/public", built=True),
    ),
    Shape(
        "sveltekit, static",
        {"package.json": package(dev=("@sveltejs/kit", "@sveltejs/adapter-static", "vite"), scripts={"build": "vite build"}), "svelte.config.js": "adapter({ fallback: '200.html', pages: 'site' })", **NPM_LOCK},
        "sveltekit",
        static=Static(root="site", fallback=True, built=True),
    ),
    Shape(
        "vue-cli",
        {"package.json": package("vue", dev=("@vue/cli-service",), scripts={"serve": "vue-cli-service serve", "build": "vue-cli-service build"}), "vue.config.js": "module.exports = { outputDir: 'html' }", **NPM_LOCK},
        "vue",
        static=Static(root="html", fallback=True, built=True),
    ),
    Shape(
        "expo for the web",
        {"package.json": package("expo", "react-native-web", scripts={"start": "expo start"}), "app.json": {"expo": {"web": {"output": "single"}}}, **NPM_LOCK},
        "expo",
        static=Static(root="dist", fallback=True, built=True),
        within=("npx --no-install expo export --platform web",),
    ),
    Shape(
        "docusaurus",
        {"package.json": package("@docusaurus/core", scripts={"start": "docusaurus start", "build": "docusaurus build"}), **NPM_LOCK},
        "docusaurus",
        static=Static(root="build", built=True),
    ),
    Shape(
        "vitepress in docs/",
        {"package.json": package(dev=("vitepress",), scripts={"docs:build": "vitepress build docs"}), "docs/index.md": "", **NPM_LOCK},
        "vitepress",
        static=Static(root="docs/.vitepress/dist", built=True),
        within=("npm run docs:build",),
    ),
    Shape(
        "eleventy with another output",
        {"package.json": package(dev=("@11ty/eleventy",), scripts={"build": "eleventy"}), "eleventy.config.js": "export default (c) => ({ dir: { output: 'html' } });", **NPM_LOCK},
        "eleventy",
        static=Static(root="html", built=True),
    ),
    Shape(
        "gatsby",
        {"package.json": package("gatsby", scripts={"build": "gatsby build", "start": "gatsby develop"}), **NPM_LOCK},
        "gatsby",
        static=Static(root="public", built=True),
    ),
    Shape(
        "an Nx workspace with one manifest",
        {
            "package.json": package("express", dev=("nx",), scripts={}),
            "nx.json": {},
            "apps/api/project.json": {"name": "api", "targets": {"build": {"executor": "@nx/esbuild:esbuild"}}},
            **NPM_LOCK,
        },
        "express",
        "node dist/apps/api/main.js",
        within=("npx --no-install nx build api",),
    ),
    Shape(
        "a manifest in JSON5, with pnpm",
        {"package.json5": "{ // ours\n  scripts: { start: 'node \"a b.js\"', },\n}", **PNPM_9},
        "node",
        'node "a b.js"',
    ),
    Shape(
        "yarn with zips",
        {"package.json": package("koa", dev=("prettier",), scripts={"start": "node a.js"}), ".yarnrc.yml": "nodeLinker: pnp", "a.js": "", **BERRY},
        "koa",
        "yarn node a.js",
        within=("/opt/manager /opt/manager", "--from=dependencies /app /app", "YARN_ENABLE_GLOBAL_CACHE=false"),
        without=("focus", "mount=type=cache"),
    ),
    Shape(
        "sveltekit with adapter-auto",
        {"package.json": package(dev=("@sveltejs/kit", "@sveltejs/adapter-auto", "vite"), scripts={"build": "vite build", "prepare": "svelte-kit sync || echo ''"}), "svelte.config.js": "", "vite.config.js": "", **NPM_LOCK},
        "sveltekit",
        "node build",
        within=("GCP_BUILDPACKS=true", "PROTOCOL_HEADER=x-forwarded-proto"),
    ),
    Shape(
        "astro, static",
        {"package.json": package("astro", scripts={"build": "astro build", "start": "astro dev"}), "astro.config.mjs": "", **NPM_LOCK},
        "astro",
        static=Static(root="dist", built=True),
    ),
    Shape(
        "astro on a server",
        {"package.json": package("astro", "@astrojs/node", scripts={"build": "astro build"}), "astro.config.mjs": "export default { output: 'server' }", **NPM_LOCK},
        "astro",
        "node dist/server/entry.mjs",
    ),
    Shape(
        "astro, made for files by the adapter of a platform",
        {"package.json": package("astro", "@astrojs/vercel", scripts={"build": "astro build"}), "astro.config.mjs": "import vercel from '@astrojs/vercel'", **NPM_LOCK},
        "astro",
        static=Static(root=".vercel/output/static", built=True),
    ),
    Shape(
        "astro, Node's adapter installed and not used",
        {"package.json": package("astro", "@astrojs/node", scripts={"build": "astro build"}), "astro.config.mjs": "", **NPM_LOCK},
        "astro",
        static=Static(root="dist", built=True),
    ),
    Shape(
        "sveltekit whose configuration names one of two adapters",
        {"package.json": package(dev=("@sveltejs/kit", "@sveltejs/adapter-auto", "@sveltejs/adapter-static"), scripts={"build": "vite build"}), "svelte.config.js": "import adapter from '@sveltejs/adapter-auto'", **NPM_LOCK},
        "sveltekit",
        "node build",
    ),
    Shape(
        "expo on a server",
        {"package.json": package("expo", "react-native-web", scripts={"start": "expo start"}), "app.json": {"expo": {"web": {"output": "server"}}}, **NPM_LOCK},
        "expo",
        "expo serve --port $PORT",
        within=("expo export --platform web",),
    ),
    Shape(
        "qwik with an adapter of a server",
        {"package.json": package("express", dev=("@builder.io/qwik-city", "vite"), scripts={"build": "qwik build", "start": "vite --open --mode ssr", "serve": "node server/entry.express"}), "vite.config.ts": "", "adapters/express/vite.config.ts": "", **NPM_LOCK},
        "qwik",
        "node server/entry.express",
    ),
    Shape(
        "qwik as files",
        {"package.json": package(dev=("@builder.io/qwik-city", "vite"), scripts={"build": "qwik build"}), "vite.config.ts": "", "adapters/static/vite.config.ts": "", **NPM_LOCK},
        "qwik",
        static=Static(root="dist", built=True),
    ),
    Shape(
        "a library of components, shown by its storybook",
        {"package.json": package(dev=("storybook", "vite"), scripts={"build": "vite build", "build-storybook": "storybook build"}), "vite.config.ts": "export default { build: { lib: { entry: 'a' } } }", **NPM_LOCK},
        "storybook",
        static=Static(root="storybook-static", built=True),
        within=("npm run build-storybook",),
        without=("npm run build &&",),
    ),
    Shape(
        "hexo",
        {"package.json": package("hexo", scripts={"build": "hexo generate", "server": "hexo server"}), "_config.yml": "public_dir: out\n", **NPM_LOCK},
        "hexo",
        static=Static(root="out", built=True),
    ),
    Shape(
        "medusa, from what it builds",
        {"package.json": package("@medusajs/framework", "@medusajs/medusa", scripts={"build": "medusa build", "start": "medusa start"}), **NPM_LOCK},
        "node",
        "medusa start",
        within=("WORKDIR /app/.medusa/server",),
    ),
    Shape(
        "redwood",
        {"package.json": package(dev=("@redwoodjs/core",), workspaces=["api", "web"]), "redwood.toml": "", "web/package.json": package(dev=("@redwoodjs/vite",)), "web/vite.config.ts": "", "api/package.json": package(), **BERRY},
        "node",
        "rw serve --web-port $PORT --web-host 0.0.0.0 --api-port 8911",
        within=("rw build",),
    ),
    Shape(
        "quasar",
        {"package.json": package("quasar", dev=("@quasar/app-vite",), scripts={"build": "quasar build", "dev": "quasar dev"}), **NPM_LOCK},
        "node",
        static=Static(root="dist/spa", fallback=True, built=True),
    ),
    Shape(
        "pages for which a build makes styles",
        {"package.json": package(dev=("tailwindcss",), scripts={"build": "tailwindcss -o public/a.css"}), "public/index.html": "", **NPM_LOCK},
        "static",
        static=Static(root="public", built=True),
    ),
    Shape(
        "pages in the root for which a build makes scripts",
        {"package.json": package(dev=("esbuild",), scripts={"build": "esbuild src/index.js --outdir=js"}), "index.html": "", "src/index.js": "", **NPM_LOCK},
        "static",
        static=Static(root=".", built=True),
        within=("npm run build && rm -rf node_modules",),
    ),
    Shape(
        "pages with a formatter",
        {"package.json": package(dev=("prettier",), scripts={"format": "prettier ."}), "index.html": ""},
        "static",
        static=Static(root=""),
    ),
    Shape(
        "a server that only its script for development names",
        {"package.json": package("express", dev=("nodemon",), scripts={"dev": "nodemon backend/go.js"}), "backend/go.js": "", **NPM_LOCK},
        "express",
        "node backend/go.js",
    ),
    Shape(
        "a server in the background",
        {"package.json": package("express", "pm2", scripts={"start": "pm2 start a.js -i 2"}), "a.js": "", **NPM_LOCK},
        "express",
        "pm2-runtime start a.js -i 2",
        says=("leaves its server",),
    ),
    Shape(
        "vue with vite",
        {"package.json": package("vue", dev=("vite",), scripts={"build": "vite build", "start": "vite preview"}), "vite.config.ts": "export default { build: { outDir: 'www' } }", **NPM_LOCK},
        "vite",
        static=Static(root="www", fallback=True, built=True),
    ),
    Shape(
        "express beside vite",
        {"package.json": package("express", dev=("vite",), scripts={"build": "vite build", "start": "node api/main.js"}), "vite.config.js": "", **NPM_LOCK},
        "express",
        "node api/main.js",
    ),
    Shape(
        "create-react-app",
        {"package.json": package("react-scripts", scripts={"start": "react-scripts start", "build": "react-scripts build"}), **YARN_1},
        "cra",
        static=Static(root="build", fallback=True, built=True),
        within=("CI=false",),
    ),
    Shape(
        "angular without an output path",
        {
            "package.json": package("@angular/core", dev=("@angular/cli",), scripts={"start": "ng serve", "build": "ng build"}),
            "angular.json": {"projects": {"shop": {"projectType": "application", "architect": {"build": {"builder": "@angular/build:application", "options": {"browser": "src/main.ts"}}}}}},
            **NPM_LOCK,
        },
        "angular",
        static=Static(root="dist/shop/browser", fallback=True, built=True),
    ),
    Shape(
        "a workspace with one app",
        WORKSPACE,
        "nextjs",
        "next start",
        within=(
            "(cd libs/ui && pnpm run build) && (cd apps/admin && pnpm run build)",
            "COPY source/libs/unrelated/package.json ./libs/unrelated/",
            "WORKDIR /app/apps/admin\n",
        ),
        without=("cd libs/unrelated",),
    ),
    Shape(
        "puppeteer and patches",
        {
            "package.json": package("express", "puppeteer", scripts={"start": "node app.js", "postinstall": "patch-package"}),
            "patches/express+4.0.0.patch": "",
            "app.js": "",
            **NPM_LOCK,
        },
        "express",
        "node app.js",
        within=("COPY source/patches/express+4.0.0.patch ./patches/", "libnss3", "/opt/puppeteer /opt/puppeteer"),
    ),
    *(
        Shape(
            f"a page by {tool}",
            {"package.json": package(dev=(tool, more), scripts={"build": build, "start": start}), **NPM_LOCK},
            "node",
            static=Static(root=root, fallback=True, built=True),
            within=("npm run build",),
        )
        for tool, more, build, start, root in (
            ("parcel", "x", "parcel build", "parcel", "dist"),
            ("webpack", "webpack-dev-server", "webpack --mode production", "webpack serve", "dist"),
            ("@rsbuild/core", "x", "rsbuild build", "rsbuild dev", "dist"),
            ("ember-cli", "x", "ember build --environment=production", "ember serve", "dist"),
            ("preact-cli", "x", "preact build", "preact watch", "build"),
            ("@slidev/cli", "x", "slidev build", "slidev", "dist"),
        )
    ),
    Shape(
        "vuepress in docs",
        {"package.json": package(dev=("vuepress",), scripts={"docs:build": "vuepress build docs"}), **NPM_LOCK},
        "node",
        static=Static(root="docs/.vuepress/dist", fallback=False, built=True),
        within=("npm run docs:build",),
    ),
    Shape(
        "analog, which also has an angular.json",
        {
            "package.json": package("@angular/core", dev=("@analogjs/platform",), scripts={"build": "ng build", "start": "npm run dev", "dev": "ng serve"}),
            "angular.json": {"projects": {"x": {"projectType": "application", "architect": {"build": {"builder": "@analogjs/platform:vite"}}}}},
            **NPM_LOCK,
        },
        "analog",
        "node dist/analog/server/index.mjs",
    ),
    Shape(
        "bun told by its types and scripts, without a lock",
        {"package.json": package("hono", dev=("@types/bun",), scripts={"dev": "bun run --hot src/index.ts"}), "src/index.ts": ""},
        "hono",
        "bun src/index.ts",
        within=("bun install",),
    ),
    Shape(
        "python that is only tooling",
        {"package.json": package(scripts={"start": "node a.js"}), "pyproject.toml": "[tool.ruff]\n", "app.py": "", **NPM_LOCK},
        "node",
        "node a.js",
    ),
    Shape(
        "a build that only the start script names",
        {"package.json": package("express", dev=("typescript",), scripts={"start": "tsc && node dist/a.js"}), "src/a.ts": "", **NPM_LOCK},
        "express",
        "node dist/a.js",
        within=("npx --no-install tsc", "npm prune --omit=dev"),
        says=("builds first",),
    ),
    Shape(
        "vite whose configuration resolves its paths",
        {
            "package.json": package(dev=("vite",), scripts={"build": "vite build"}),
            "vite.config.ts": "export default { root: path.resolve(__dirname, 'client'),\n"
            "  build: { outDir: path.resolve(import.meta.dirname, 'dist', 'public') } }",
        },
        "vite",
        static=Static(root="dist/public", fallback=True, built=True),
    ),
    Shape(
        "vite with a root of its own",
        {"package.json": package(dev=("vite",), scripts={"build": "vite build web --outDir ../out"}), "web/index.html": ""},
        "vite",
        static=Static(root="out", fallback=True, built=True),
    ),
    Shape(
        "vite that renders on a server of the app's own",
        {
            "package.json": package(
                "express",
                dev=("vite", "cross-env"),
                scripts={
                    "dev": "node server",
                    "build": "npm run build:client && npm run build:server",
                    "build:client": "vite build --outDir dist/client",
                    "build:server": "vite build --ssr src/entry.js --outDir dist/server",
                    "preview": "cross-env NODE_ENV=production node server",
                },
            ),
            "server.js": "const port = process.env.PORT",
        },
        "express",
        "NODE_ENV=production node server",
    ),
    Shape(
        "remix without rendering on the server",
        {"package.json": package(dev=("@remix-run/dev", "vite")), "vite.config.ts": "remix({ ssr: false })"},
        "remix",
        static=Static(root="build/client", fallback=True, built=True),
    ),
    Shape(
        "nuxt 2, which has no Nitro",
        {"package.json": {"dependencies": {"nuxt": "^2.15.8"}, "scripts": {"build": "nuxt build", "start": "nuxt start"}}},
        "nuxt",
        "nuxt start",
        within=("NODE_OPTIONS=--openssl-legacy-provider",),
    ),
    Shape(
        "nuxt 2 that generates",
        {"package.json": {"dependencies": {"nuxt": "2.15.8"}, "scripts": {"build": "nuxt generate"}}},
        "nuxt",
        static=Static(root="dist", built=True),
    ),
    Shape(
        "nuxt by a preset without a server",
        {"package.json": package("nuxt", scripts={"build": "nuxt build"}), "nuxt.config.ts": "{ nitro: { preset: 'static' } }"},
        "nuxt",
        static=Static(root=".output/public", built=True),
        without=("openssl-legacy",),
    ),
    Shape(
        "webpack 4 on a Node that still had its hashes",
        {"package.json": {"dependencies": {"react-scripts": "4.0.3"}, "scripts": {"build": "react-scripts build"}, "engines": {"node": "16"}}},
        "cra",
        static=Static(root="build", fallback=True, built=True),
        without=("openssl-legacy",),
    ),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_shape_gets_its_plan(shape: Shape) -> None:
    """An app of a usual shape deploys without configuration, in its usual way."""
    built = plan(shape.files)
    text = dockerfile(built)
    assert (built.framework, built.start, built.static) == (
        shape.framework,
        shape.start,
        shape.static,
    )
    versions = {version.tool: version.version for version in built.versions}
    for tool, beginning in shape.versions.items():
        assert versions[tool].startswith(beginning), versions
    for part in shape.within:
        assert part in text
    for part in shape.without:
        assert part not in text
    said = "\n".join((*built.warnings, *built.notes))
    for part in shape.says:
        assert part in said


def test_workspace_with_two_apps_names_both() -> None:
    """Where we can't know which app is meant, the error lists them and says what to set."""
    second = {"apps/jobs/package.json": package(name="jobs", scripts={"start": "node jobs.js"})}
    with pytest.raises(UnknownApp, match=r"apps/admin, apps/jobs") as error:
        plan({**WORKSPACE, **second})
    assert 'root = "apps/admin"' in (error.value.hint or "")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {
                "package.json": package(dev=("@sveltejs/kit", "@sveltejs/adapter-vercel")),
                "svelte.config.js": "import adapter from '@sveltejs/adapter-vercel'",
            },
            "adapter-vercel",
        ),
        (
            {"package.json": package(dev=("@sveltejs/kit",)), "svelte.config.js": ""},
            "has no adapter",
        ),
        (
            {
                "package.json": package("astro", "@astrojs/netlify"),
                "astro.config.mjs": "import a from '@astrojs/netlify'",
                "src/pages/a.ts": "export const prerender = false",
            },
            "@astrojs/netlify",
        ),
        (
            {
                "package.json": package(dev=("@builder.io/qwik-city",)),
                "adapters/vercel-edge/vite.config.ts": "",
            },
            "found: vercel-edge",
        ),
        ({"package.json": package("expo", scripts={"start": "expo start"})}, "for phones only"),
    ],
)
def test_app_built_for_another_platform_is_told_before_its_build(
    files: Mapping[str, Any], why: str
) -> None:
    """A build of minutes that can't end well is not begun; a person's own start command decides."""
    with pytest.raises(UnknownApp, match=why) as error:
        plan(files)
    assert error.value.hint
    assert plan({**files, "Procfile": "web: node own.js\n"}).start == "node own.js"
