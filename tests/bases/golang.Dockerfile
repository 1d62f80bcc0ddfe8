FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y golang-go gcc libc6-dev git \
 && rm -r /var/lib/apt/lists/*
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /go
CMD ["bash"]
