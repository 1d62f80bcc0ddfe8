FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/package-lock.json source/package.json ./
COPY source/apps/api/package.json ./apps/api/
COPY source/libs/greeting/package.json ./libs/greeting/
RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm ci --include=dev || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install --include=dev; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --include=dev --legacy-peer-deps; }; } && mkdir -p node_modules libs/greeting/node_modules apps/api/node_modules && cp -al /app /production && cd /production && npm prune --omit=dev --ignore-scripts && mkdir -p node_modules libs/greeting/node_modules apps/api/node_modules

FROM node:22-slim AS build
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=bind,from=dependencies,source=/app/node_modules,target=/app/node_modules,rw --mount=type=bind,from=dependencies,source=/app/libs/greeting/node_modules,target=/app/libs/greeting/node_modules,rw --mount=type=bind,from=dependencies,source=/app/apps/api/node_modules,target=/app/apps/api/node_modules,rw (cd libs/greeting && npm run build)

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /app/apps/api && chown 10001:10001 /home/app /app /app/apps/api
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production PATH=/app/apps/api/node_modules/.bin:/app/node_modules/.bin:$PATH
WORKDIR /app/apps/api
COPY --chown=10001:10001 --from=dependencies /production/node_modules /app/node_modules
COPY --chown=10001:10001 --from=dependencies /production/libs/greeting/node_modules /app/libs/greeting/node_modules
COPY --chown=10001:10001 --from=dependencies /production/apps/api/node_modules /app/apps/api/node_modules
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["node", "index.js"]
