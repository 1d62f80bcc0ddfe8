FROM eclipse-temurin:17-jdk AS dependencies
WORKDIR /app
COPY source/ ./

FROM dependencies AS build
RUN --mount=type=cache,id=p1-maven,target=/root/.m2,sharing=locked sed -i 's/\r$//' mvnw && sh ./mvnw -B -ntp -DskipTests package
RUN mkdir -p /out && for jar in $(find . -type f \( -path '*/target/*.jar' -o -path '*/target/*.war' \) ! -name '*-plain.?ar' ! -name '*-sources.jar' ! -name '*-javadoc.jar' ! -name '*-tests.jar' ! -name 'original-*' ! -name '*.original' -printf '%s %p\n' | sort -rn | cut -d' ' -f2-); do if (cd /tmp && rm -rf META-INF && jar xf "/app/$jar" META-INF/MANIFEST.MF && grep -q '^Main-Class:' META-INF/MANIFEST.MF); then cp "$jar" /out/app.jar; break; fi; done && { [ -f /out/app.jar ] || { echo 'sotabox: the build made no jar with a Main-Class; found:'; find . -path '*/target/*.?ar'; exit 1; }; }

FROM eclipse-temurin:17-jre
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0
WORKDIR /app
COPY --chown=10001:10001 --from=build /out /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec java -XX:MaxRAMPercentage=75 $JAVA_OPTS -Dserver.port=$PORT -jar app.jar"]
