FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true PATH=/opt/manager/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
RUN npm install -g --prefix /opt/manager pnpm@9.15.9
COPY source/package.json source/pnpm-lock.yaml ./
RUN --mount=type=cache,id=p1-pnpm,target=/pnpm/store { pnpm install --frozen-lockfile --prefer-offline --config.store-dir=/pnpm/store --prod=false || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; pnpm install --no-frozen-lockfile --prefer-offline --config.store-dir=/pnpm/store --prod=false; }; } && mkdir -p node_modules && cp -al /app /production && cd /production && pnpm prune --prod --ignore-scripts --config.store-dir=/pnpm/store && mkdir -p node_modules

FROM node:22-slim AS build
WORKDIR /app
ENV CI=true PATH=/opt/manager/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
RUN npm install -g --prefix /opt/manager pnpm@9.15.9
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=bind,from=dependencies,source=/app/node_modules,target=/app/node_modules,rw pnpm run build

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /production/node_modules /app/node_modules
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["node", "dist/api.js"]
