FROM sotabox-test/debian:1
# A virtual environment in /usr/local has the official image's layout: python, pip and site-packages
# there, and a pip that may upgrade itself.
RUN apt-get update \
 && apt-get install -y python3 python3-venv \
 && rm -r /var/lib/apt/lists/* \
 && python3 -m venv /usr/local
CMD ["python3"]
