FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/package-lock.json source/package.json ./
RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm ci || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --legacy-peer-deps; }; } && mkdir -p node_modules

FROM dependencies AS build
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=cache,id=p1-build-next-cache,target=/app/.next/cache npm run build

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=build /app/.next/standalone /app
COPY --chown=10001:10001 --from=build /app/.next/static /app/.next/static
COPY --chown=10001:10001 --from=build /app/public /app/public
USER 10001:10001
EXPOSE 8080
CMD ["node", "server.js"]
