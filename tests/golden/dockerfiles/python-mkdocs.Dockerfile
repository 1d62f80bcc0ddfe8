FROM python:3.13-slim AS dependencies
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9 && python -m venv --without-pip /opt/venv
COPY source/mkdocs.yml ./
RUN --mount=type=cache,id=p1-uv,target=/root/.cache/uv uv pip install 'mkdocs==1.6.1'

FROM dependencies AS build
COPY source/ ./
RUN mkdocs build && { [ -f site/index.html ] || { echo 'sotabox: the build made no site/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/site/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/site.caddyfile"]
