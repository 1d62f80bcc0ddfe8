FROM node:22-slim AS dependencies
WORKDIR /app
COPY source/package.json source/package-lock.json ./
RUN --mount=type=cache,id=p1-npm,target=/root/.npm npm ci

FROM dependencies AS build
COPY source/ ./
ARG SOTABOX_ENV_HASH
RUN --mount=type=secret,id=sotabox-build-env . /run/secrets/sotabox-build-env && { npm run build && { [ -f dist/index.html ] || { echo 'sotabox: the build made no dist/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/dist/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/spa.caddyfile"]
