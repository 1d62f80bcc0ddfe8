FROM rust:1-slim AS dependencies
WORKDIR /app
ENV CARGO_HOME=/usr/local/cargo CARGO_TARGET_DIR=/var/cache/cargo-target CARGO_TERM_COLOR=never
COPY source/ ./

FROM dependencies AS build
RUN --mount=type=cache,id=p1-cargo-registry,target=/usr/local/cargo/registry --mount=type=cache,id=p1-cargo-git,target=/usr/local/cargo/git --mount=type=cache,id=p1-cargo-target,target=/var/cache/cargo-target,sharing=locked find . -type f -exec touch {} + && { cargo fetch --locked || { echo 'sotabox: warning: Cargo.lock does not match the manifests; it is renewed for this build' >&2; cargo fetch; }; } && cargo build --release --locked -p httpd --bin httpd && find . -type f \( -name '*.rs' -o -name '*.rlib' \) -delete && cp /var/cache/cargo-target/release/httpd /app/httpd

FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/app/httpd"]
