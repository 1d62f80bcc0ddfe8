FROM denoland/deno:debian-2.5.6 AS dependencies
WORKDIR /app
ENV DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1
COPY source/deno.json source/deno.lock source/package.json ./
RUN mkdir -p /deno-dir /app/node_modules && deno install --frozen

FROM denoland/deno:debian-2.5.6
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 DENO_DIR=/deno-dir DENO_NO_UPDATE_CHECK=1 DENO_SERVE_ADDRESS=tcp:0.0.0.0:8080
WORKDIR /app
COPY --chown=10001:10001 --from=dependencies /deno-dir /deno-dir
COPY --chown=10001:10001 --from=dependencies /app/node_modules /app/node_modules
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["deno", "task", "start"]
