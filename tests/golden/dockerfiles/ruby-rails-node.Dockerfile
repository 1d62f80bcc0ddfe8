FROM node:22-slim AS node-dependencies
WORKDIR /app
ENV CI=true PATH=/opt/manager/bin:$PATH NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
RUN npm install -g --prefix /opt/manager yarn@1.22.22
COPY source/package.json source/yarn.lock ./
RUN --mount=type=cache,id=p1-yarn,target=/usr/local/share/.cache/yarn,sharing=locked { yarn install --non-interactive --frozen-lockfile || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; yarn install --non-interactive; }; } && mkdir -p node_modules

FROM ruby:3.3.5-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git libyaml-dev pkg-config libpq-dev && rm -rf /var/lib/apt/lists/*
ENV BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1 BUNDLE_GLOBAL_GEM_CACHE=true
RUN gem install --no-document bundler:2.6.2
COPY source/.ruby-version source/Gemfile source/Gemfile.lock ./
RUN --mount=type=cache,id=p1-bundler,target=/root/.bundle/cache mkdir -p /usr/local/bundle && { bundle install || { echo 'sotabox: warning: the install from Gemfile.lock failed; trying once without its exact versions' >&2; BUNDLE_DEPLOYMENT=0 BUNDLE_FROZEN=0 bundle install; }; } && rm -rf /usr/local/bundle/ruby/*/cache

FROM dependencies AS build
ENV RAILS_ENV=production RACK_ENV=production SECRET_KEY_BASE_DUMMY=1 CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 PATH=/app/node_modules/.bin:/opt/manager/bin:/opt/node/bin:$PATH
COPY source/ ./
COPY --from=node-dependencies /usr/local/bin /opt/node/bin
COPY --from=node-dependencies /usr/local/lib/node_modules /opt/node/lib/node_modules
COPY --from=node-dependencies /app/node_modules /app/node_modules
COPY --from=node-dependencies /opt/manager /opt/manager
RUN sed -i 's/\r$//' bin/* && chmod +x bin/* && export SKIP_YARN_INSTALL=1 SKIP_JS_BUILD=1 SKIP_CSS_BUILD=1 && yarn run build && bundle exec rails assets:precompile && rm -rf node_modules

FROM ruby:3.3.5-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /app/tmp /app/log /app/storage && chown 10001:10001 /home/app /app /app/tmp /app/log /app/storage && apt-get update && apt-get install -y --no-install-recommends libpq5 libjemalloc2 tzdata && rm -rf /var/lib/apt/lists/*
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 RACK_ENV=production LANG=C.UTF-8 MALLOC_ARENA_MAX=2 RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 RAILS_SERVE_STATIC_FILES=1 LD_PRELOAD=libjemalloc.so.2 BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /usr/local/bundle /usr/local/bundle
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec bin/rails server -b 0.0.0.0 -p $PORT"]
