FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y php-cli php-curl php-mbstring php-sqlite3 php-xml composer \
 && rm -r /var/lib/apt/lists/*
CMD ["php", "-a"]
