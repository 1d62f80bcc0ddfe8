FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true PATH=/opt/manager/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
RUN npm install -g --prefix /opt/manager yarn@1.22.22
COPY source/package.json source/yarn.lock ./
RUN --mount=type=cache,id=p1-yarn,target=/usr/local/share/.cache/yarn,sharing=locked { yarn install --non-interactive --frozen-lockfile --production=true || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; yarn install --non-interactive --production=true; }; } && mkdir -p node_modules

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /app/node_modules /app/node_modules
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["node", "app.js"]
