FROM node:22-slim AS dependencies
WORKDIR /app
ENV CI=true PATH=/opt/manager/bin:$PATH YARN_ENABLE_TELEMETRY=0 YARN_ENABLE_GLOBAL_CACHE=true YARN_NODE_LINKER=node-modules YARN_INSTALL_STATE_PATH=/app/node_modules/.yarn-install-state.gz NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
RUN npm install -g --prefix /opt/manager @yarnpkg/cli-dist@4.5.3
COPY source/.nvmrc source/.yarnrc.yml source/package.json source/yarn.lock ./
RUN --mount=type=cache,id=p1-berry,target=/root/.yarn/berry/cache { yarn install --immutable || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; yarn install --no-immutable; }; } && mkdir -p node_modules && cp -al /app /production && cd /production && rm -f node_modules/.yarn-install-state.gz && YARN_INSTALL_STATE_PATH="$PWD/node_modules/.yarn-install-state.gz" yarn workspaces focus --production --all && mkdir -p node_modules

FROM node:22-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 NODE_ENV=production PATH=/app/node_modules/.bin:$PATH
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /production/node_modules /app/node_modules
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["node", "index.mjs"]
