FROM golang:1.25 AS dependencies
WORKDIR /app
ENV CGO_ENABLED=0 GOTOOLCHAIN=auto
COPY source/go.mod ./
RUN --mount=type=cache,id=p1-go-mod,target=/go/pkg/mod go mod download

FROM dependencies AS build
COPY source/ ./
RUN --mount=type=cache,id=p1-go-mod,target=/go/pkg/mod --mount=type=cache,id=p1-go-build,target=/root/.cache/go-build go build -trimpath -tags timetzdata -ldflags="-s -w" -o /app/server ./cmd/server && find . -type f \( -name '*.go' \) -delete

FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/app/server"]
