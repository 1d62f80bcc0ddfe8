FROM python:3.13-slim AS dependencies
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 UV_PROJECT_ENVIRONMENT=/opt/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never POETRY_NO_INTERACTION=1
RUN pip install --no-cache-dir uv==0.13.9 poetry==2.5.1 poetry-plugin-export==1.10.1 && python -m venv --without-pip /opt/venv
COPY source/pyproject.toml source/poetry.lock ./
RUN --mount=type=cache,id=p1-uv,target=/root/.cache/uv --mount=type=cache,id=p1-poetry,target=/root/.cache/pypoetry { poetry export --only main --output /tmp/requirements.txt || { echo 'sotabox: poetry.lock does not match the project; newer versions may be installed'; poetry lock && poetry export --only main --output /tmp/requirements.txt; }; } && UV_INDEX_URL="${UV_INDEX_URL:-$PIP_INDEX_URL}" UV_EXTRA_INDEX_URL="${UV_EXTRA_INDEX_URL:-$PIP_EXTRA_INDEX_URL}" uv pip install --index-strategy unsafe-best-match -r /tmp/requirements.txt && uv pip install gunicorn==27.0.1

FROM dependencies AS build
COPY source/ ./
RUN SECRET_KEY="${SECRET_KEY:-only-for-the-build}" DJANGO_SECRET_KEY="${DJANGO_SECRET_KEY:-only-for-the-build}" SHOP_SECRET="${SHOP_SECRET:-only-for-the-build}" python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONFAULTHANDLER=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv FORWARDED_ALLOW_IPS="*" GUNICORN_CMD_ARGS="--threads 4 --worker-tmp-dir /dev/shm"
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /opt/venv /opt/venv
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec gunicorn -b 0.0.0.0:$PORT core.wsgi:application"]
