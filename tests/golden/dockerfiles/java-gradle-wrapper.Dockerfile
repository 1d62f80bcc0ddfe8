FROM eclipse-temurin:21-jdk AS dependencies
WORKDIR /app
ENV GRADLE_USER_HOME=/root/.gradle
COPY source/ ./

FROM dependencies AS build
RUN --mount=type=cache,id=p1-gradle,target=/root/.gradle,sharing=locked sed -i 's/\r$//' gradlew && sh ./gradlew --no-daemon --console=plain -Pproduction build -x check -x test
RUN mkdir -p /out && for jar in $(find . -type f \( -path '*/build/libs/*.jar' -o -path '*/build/libs/*.war' \) ! -name '*-plain.?ar' ! -name '*-sources.jar' ! -name '*-javadoc.jar' ! -name '*-tests.jar' ! -name 'original-*' ! -name '*.original' -printf '%s %p\n' | sort -rn | cut -d' ' -f2-); do if (cd /tmp && rm -rf META-INF && jar xf "/app/$jar" META-INF/MANIFEST.MF && grep -q '^Main-Class:' META-INF/MANIFEST.MF); then cp "$jar" /out/app.jar; break; fi; done && { [ -f /out/app.jar ] || { echo 'sotabox: the build made no jar with a Main-Class; found:'; find . -path '*/build/libs/*.?ar'; exit 1; }; }

FROM eclipse-temurin:21-jre
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=build /out /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec java -XX:MaxRAMPercentage=75 $JAVA_OPTS -Dserver.port=$PORT -jar app.jar"]
