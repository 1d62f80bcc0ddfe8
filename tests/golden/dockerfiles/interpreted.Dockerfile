FROM python:3.13-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_INPUT=1
COPY source/requirements.txt ./
COPY source/req/base.txt ./req/
RUN --mount=type=cache,id=p1-pip,target=/root/.cache/pip python -m venv /opt/venv && pip install -r requirements.txt

FROM python:3.13-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app && apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /opt/venv /opt/venv
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec gunicorn -b 0.0.0.0:$PORT app:app"]
