FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/package-lock.json source/package.json ./
RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm ci --omit=dev || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install --omit=dev; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --omit=dev --legacy-peer-deps; }; } && mkdir -p node_modules

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /app/node_modules /app/node_modules
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["node", "server.js"]
