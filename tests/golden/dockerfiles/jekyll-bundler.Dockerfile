FROM ruby:3.4-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends build-essential git ca-certificates && rm -rf /var/lib/apt/lists/*
ENV JEKYLL_ENV=production LANG=C.UTF-8 BUNDLE_FROZEN=1
COPY source/Gemfile source/Gemfile.lock ./
RUN --mount=type=cache,id=p1-bundler,target=/usr/local/bundle/cache bundle install

FROM dependencies AS build
COPY source/ ./
RUN bundle exec jekyll build --destination _site && { [ -f _site/index.html ] || { echo 'sotabox: the build made no _site/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/_site/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/site.caddyfile"]
