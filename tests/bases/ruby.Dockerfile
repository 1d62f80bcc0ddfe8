FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y --no-install-recommends ruby ruby-bundler \
 && rm -rf /var/lib/apt/lists/*
CMD ["irb"]
