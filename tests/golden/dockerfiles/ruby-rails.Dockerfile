FROM ruby:3.3.5-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git libyaml-dev pkg-config libpq-dev && rm -rf /var/lib/apt/lists/*
ENV BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1 BUNDLE_GLOBAL_GEM_CACHE=true
RUN gem install --no-document bundler:2.6.2
COPY source/.ruby-version source/Gemfile source/Gemfile.lock ./
RUN --mount=type=cache,id=p1-bundler,target=/root/.bundle/cache mkdir -p /usr/local/bundle && { bundle install || { echo 'sotabox: warning: the install from Gemfile.lock failed; trying once without its exact versions' >&2; BUNDLE_DEPLOYMENT=0 BUNDLE_FROZEN=0 bundle install; }; } && rm -rf /usr/local/bundle/ruby/*/cache

FROM dependencies AS build
ENV RAILS_ENV=production RACK_ENV=production SECRET_KEY_BASE_DUMMY=1
COPY source/ ./
RUN sed -i 's/\r$//' bin/* && chmod +x bin/* && bundle exec rails assets:precompile

FROM ruby:3.3.5-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /app/tmp /app/log /app/storage && chown 10001:10001 /home/app /app /app/tmp /app/log /app/storage && apt-get update && apt-get install -y --no-install-recommends libpq5 libjemalloc2 tzdata && rm -rf /var/lib/apt/lists/*
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 RACK_ENV=production LANG=C.UTF-8 MALLOC_ARENA_MAX=2 RAILS_ENV=production RAILS_LOG_TO_STDOUT=1 RAILS_SERVE_STATIC_FILES=1 LD_PRELOAD=libjemalloc.so.2 BUNDLE_PATH=/usr/local/bundle BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /usr/local/bundle /usr/local/bundle
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec bin/rails server -b 0.0.0.0 -p $PORT"]
