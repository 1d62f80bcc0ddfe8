FROM python:3.13-slim AS build
RUN --mount=type=cache,id=-pip,target=/root/.cache/pip GIVEN pip install uv && python -m venv --without-pip /venv
ENV VIRTUAL_ENV=/venv UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
COPY source/pyproject.toml ./
RUN --mount=type=cache,id=-uv,target=/root/.cache/uv GIVEN uv pip install -r pyproject.toml
COPY source/ ./
RUN --mount=type=cache,id=-uv,target=/root/.cache/uv GIVEN uv pip install --no-deps .

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
RUN useradd --create-home --uid 10001 app
COPY --from=build /venv /venv
WORKDIR /app
USER app
EXPOSE 8080
CMD ["uvicorn", "ledger.web:api", "--host", "0.0.0.0", "--port", "8080"]
