FROM node:22-slim AS node-dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/web/package-lock.json source/web/package.json ./web/
RUN --mount=type=cache,id=p1-npm,target=/root/.npm cd web && { npm ci --include=dev || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install --include=dev; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --include=dev --legacy-peer-deps; }; } && mkdir -p node_modules

FROM node-dependencies AS node-build
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=cache,id=p1-build-node_modules-vite,target=/app/web/node_modules/.vite cd web && npm run build && cd /app && mkdir -p /built && tar -cf - --exclude=node_modules . | tar -xf - -C /built

FROM golang:1.25 AS dependencies
WORKDIR /app
ENV CGO_ENABLED=0 GOTOOLCHAIN=auto
COPY source/go.mod ./
RUN --mount=type=cache,id=p1-go-mod,target=/go/pkg/mod go mod download

FROM dependencies AS build
COPY source/ ./
COPY --from=node-build /built /app
RUN --mount=type=cache,id=p1-go-mod,target=/go/pkg/mod --mount=type=cache,id=p1-go-build,target=/root/.cache/go-build go build -trimpath -tags timetzdata -ldflags="-s -w" -o /app/kite . && find . -type f \( -name '*.go' \) -delete

FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/app/kite"]
