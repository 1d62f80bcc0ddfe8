FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y --no-install-recommends cargo gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
CMD ["bash"]
