FROM debian:trixie-slim AS dependencies
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends g++ meson ninja-build pkg-config ccache ca-certificates git libcurl4-openssl-dev && rm -rf /var/lib/apt/lists/*
COPY source/ ./

FROM dependencies AS build
RUN --mount=type=cache,id=p1-ccache,target=/root/.cache/ccache meson setup /build --buildtype=release --default-library=static && meson compile -C /build && mkdir /out && find /build -type f -executable -name web -exec cp {} /out/ \;

FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app && apt-get update && apt-get install -y --no-install-recommends libstdc++6 libcurl4t64 && rm -rf /var/lib/apt/lists/*
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 source/ /app
COPY --chown=10001:10001 --from=build /out/ /usr/local/bin/
USER 10001:10001
EXPOSE 8080
CMD ["web"]
