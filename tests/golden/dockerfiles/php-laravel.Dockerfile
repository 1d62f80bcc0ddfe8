FROM node:22-slim AS node-dependencies
WORKDIR /app
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false
COPY source/package-lock.json source/package.json ./
RUN --mount=type=cache,id=p1-npm,target=/root/.npm { npm ci --include=dev || { echo 'sotabox: warning: the install from the lock file failed; trying once without its exact versions' >&2; npm install --include=dev; } || { echo 'sotabox: warning: the install failed; trying once with --legacy-peer-deps' >&2; npm install --include=dev --legacy-peer-deps; }; } && mkdir -p node_modules

FROM dunglas/frankenphp:php8.4 AS dependencies
WORKDIR /app
RUN install-php-extensions bcmath intl opcache pcntl pdo_mysql pdo_pgsql redis zip && server="$(command -v frankenphp)" && cp "$server" "$server.plain" && mv "$server.plain" "$server" && rm -rf /app/public && { [ ! -f "$PHP_INI_DIR/php.ini-production" ] || cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"; }
RUN apt-get update && apt-get install -y --no-install-recommends git unzip && rm -rf /var/lib/apt/lists/*
COPY source/artisan source/composer.json source/composer.lock ./
RUN --mount=type=bind,from=composer:2,source=/usr/bin/composer,target=/usr/bin/composer,rw --mount=type=cache,id=p1-composer,target=/root/.cache/composer export COMPOSER_ALLOW_SUPERUSER=1 && { composer install --no-dev --no-interaction --no-progress --prefer-dist --no-scripts --no-autoloader || { echo 'sotabox: warning: the install from composer.lock failed; trying once without its exact versions' >&2; composer update --no-dev --no-interaction --no-progress --prefer-dist --no-scripts --no-autoloader; }; } && mkdir -p vendor

FROM dependencies AS build
ENV COMPOSER_ALLOW_SUPERUSER=1 CI=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 ASTRO_TELEMETRY_DISABLED=1 NUXT_TELEMETRY_DISABLED=1 PATH=/app/node_modules/.bin:/opt/node/bin:$PATH
COPY source/ ./
COPY --from=node-dependencies /usr/local/bin /opt/node/bin
COPY --from=node-dependencies /usr/local/lib/node_modules /opt/node/lib/node_modules
COPY --from=node-dependencies /app/node_modules /app/node_modules
RUN --mount=type=bind,from=composer:2,source=/usr/bin/composer,target=/usr/bin/composer,rw mkdir -p bootstrap bootstrap/cache storage storage/app storage/app/public storage/framework storage/framework/cache storage/framework/cache/data storage/framework/sessions storage/framework/views storage/logs && composer dump-autoload --no-dev --no-interaction --optimize && npm run build && rm -rf node_modules && find vendor -mindepth 1 -maxdepth 1 ! -name composer ! -name 'autoload*.php' -exec rm -rf {} +

FROM dunglas/frankenphp:php8.4
WORKDIR /app
RUN install-php-extensions bcmath intl opcache pcntl pdo_mysql pdo_pgsql redis zip && server="$(command -v frankenphp)" && cp "$server" "$server.plain" && mv "$server.plain" "$server" && rm -rf /app/public && { [ ! -f "$PHP_INI_DIR/php.ini-production" ] || cp "$PHP_INI_DIR/php.ini-production" "$PHP_INI_DIR/php.ini"; }
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app /config/caddy /data/caddy /app/bootstrap /app/bootstrap/cache /app/storage /app/storage/app /app/storage/app/public /app/storage/framework /app/storage/framework/cache /app/storage/framework/cache/data /app/storage/framework/sessions /app/storage/framework/views /app/storage/logs && chown 10001:10001 /home/app /app /config/caddy /data/caddy /app/bootstrap /app/bootstrap/cache /app/storage /app/storage/app /app/storage/app/public /app/storage/framework /app/storage/framework/cache /app/storage/framework/cache/data /app/storage/framework/sessions /app/storage/framework/views /app/storage/logs
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 APP_ENV=production LOG_CHANNEL=stderr
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /app/vendor /app/vendor
COPY --chown=10001:10001 --from=build /app /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "php artisan optimize; exec env SERVER_NAME=:$PORT SERVER_ROOT=/app/public frankenphp run --config /etc/frankenphp/Caddyfile"]
