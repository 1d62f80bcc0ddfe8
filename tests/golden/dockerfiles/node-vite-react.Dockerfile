FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/package-lock.json source/package.json ./
RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm ci --include=dev || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install --include=dev; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --include=dev --legacy-peer-deps; }; } && mkdir -p node_modules

FROM dependencies AS build
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=cache,id=p1-build-node_modules-vite,target=/app/node_modules/.vite npm run build && { [ -f www/index.html ] || { echo 'sotabox: the build made no www/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/www/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/spa.caddyfile"]
