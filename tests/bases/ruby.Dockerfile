FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y ruby ruby-bundler \
 && rm -r /var/lib/apt/lists/*
CMD ["irb"]
