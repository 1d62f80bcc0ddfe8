FROM debian:trixie-slim
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 source/ /app
USER 10001:10001
EXPOSE 8080
CMD ["bash", "start.sh"]
