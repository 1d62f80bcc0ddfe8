FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y cargo gcc libc6-dev \
 && rm -r /var/lib/apt/lists/*
CMD ["bash"]
