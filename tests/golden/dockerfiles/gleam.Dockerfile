FROM ghcr.io/gleam-lang/gleam:v1.11.1-erlang AS dependencies
WORKDIR /app
COPY source/gleam.toml source/manifest.toml ./
RUN gleam deps download

FROM dependencies AS build
COPY source/ ./
RUN gleam export erlang-shipment

FROM erlang:28-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 LANG=C.UTF-8
WORKDIR /app
COPY --chown=10001:10001 --from=build /app/build/erlang-shipment /opt/shipment
USER 10001:10001
EXPOSE 8080
CMD ["/opt/shipment/entrypoint.sh", "run"]
