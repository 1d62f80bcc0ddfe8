# Two scripts play FrankenPHP's server and its installer of extensions. Composer's libraries stay, for
# the program that builds bring along.
FROM php:8.4-cli
RUN rm /usr/bin/composer && mkdir -p /etc/frankenphp /app/public && touch /etc/frankenphp/Caddyfile \
 && echo '<?php phpinfo();' > /app/public/index.php \
 && printf '%s\n' '#!/bin/sh' \
    '# frankenphp run --config FILE: SERVER_NAME and SERVER_ROOT, served by PHP alone' \
    'exec php -S "0.0.0.0:${SERVER_NAME#:}" -t "$SERVER_ROOT"' > /usr/local/bin/frankenphp \
 && printf '%s\n' '#!/bin/sh' \
    '# Says whether Debian has the extensions; installs nothing' \
    'for name in "$@"; do php -m | grep -qix ".*$name" || echo "not in this stand-in: $name"; done' \
    > /usr/local/bin/install-php-extensions \
 && chmod +x /usr/local/bin/frankenphp /usr/local/bin/install-php-extensions
WORKDIR /app
CMD ["frankenphp", "run", "--config", "/etc/frankenphp/Caddyfile"]
