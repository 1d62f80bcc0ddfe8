FROM mcr.microsoft.com/dotnet/sdk:9.0 AS dependencies
WORKDIR /app
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY source/Shop.sln ./
COPY source/src/Domain/Domain.csproj ./src/Domain/
COPY source/src/Web/Web.csproj ./src/Web/
COPY source/tests/Web.Tests/Web.Tests.csproj ./tests/Web.Tests/
RUN --mount=type=cache,id=p1-nuget,target=/root/.nuget/packages dotnet restore src/Web/Web.csproj

FROM dependencies AS build
COPY source/ ./
RUN --mount=type=cache,id=p1-nuget,target=/root/.nuget/packages dotnet publish src/Web/Web.csproj -c Release -o /out -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:9.0
RUN echo 'app:x:10001:10001:app:/home/app:/bin/sh' >> /etc/passwd && echo 'app:x:10001:' >> /etc/group && mkdir -p /home/app /app && chown 10001:10001 /home/app /app
ENV HOME=/home/app PORT=8080 HOST=0.0.0.0 DOTNET_RUNNING_IN_CONTAINER=true ASPNETCORE_HTTP_PORTS=""
WORKDIR /app
COPY --chown=10001:10001 --from=build /out /app
USER 10001:10001
EXPOSE 8080
CMD ["/bin/sh", "-c", "exec env ASPNETCORE_URLS=http://0.0.0.0:$PORT dotnet Web.dll"]
