FROM sotabox-test/debian:1
RUN apt-get update \
 && apt-get install -y openjdk-21-jdk-headless maven \
 && rm -r /var/lib/apt/lists/*
CMD ["mvn"]
