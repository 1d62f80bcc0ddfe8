FROM node:22-slim AS assets-dependencies
WORKDIR /app
COPY source/package.json ./
RUN npm install

FROM node:22-slim AS assets-build
WORKDIR /app
COPY source/ ./
RUN --mount=type=bind,from=assets-dependencies,source=/app/node_modules,target=/app/node_modules,rw npm run build

FROM python:3.13-slim AS dependencies
WORKDIR /app
COPY source/requirements.txt ./
RUN pip install -r requirements.txt

FROM dependencies AS build
COPY source/ ./
COPY --from=assets-build /app/static /app/static
RUN python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /app/core && chown 10001:10001 /home/app /app /app/core
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app/core
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGINT
CMD ["gunicorn", "core.wsgi"]
