FROM dunglas/frankenphp:php8.4
WORKDIR /app
RUN install-php-extensions opcache pdo_mysql && server="$(command -v frankenphp)" && cp "$server" "$server.plain" && mv "$server.plain" "$server" && rm -rf /app/public && { [ ! -f "$PHP_INI_DIR/php.ini-production" ] || cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"; }
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /config/caddy /data/caddy && chown 10001:10001 /home/app /app /config/caddy /data/caddy
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec env SERVER_NAME=:$PORT SERVER_ROOT=/app frankenphp run --config /etc/frankenphp/Caddyfile"]
