FROM mcr.microsoft.com/dotnet/sdk:9.0 AS dependencies
WORKDIR /app
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
COPY source/Shop.csproj ./
RUN --mount=type=cache,id=p1-nuget,target=/root/.nuget/packages dotnet restore Shop.csproj

FROM dependencies AS build
COPY source/ ./
RUN --mount=type=cache,id=p1-nuget,target=/root/.nuget/packages dotnet publish Shop.csproj -c Release -o published -p:UseAppHost=false && { [ -f published/wwwroot/index.html ] || { echo 'sotabox: the build made no published/wwwroot/index.html; directories with an index.html:'; find . -name index.html -not -path '*/node_modules/*' -exec dirname {} \; ; exit 1; }; }

FROM sotabox/static-server
ENV PORT=8080
COPY --from=build /app/published/wwwroot/ /site/
EXPOSE 8080
CMD ["/caddy", "run", "--adapter", "caddyfile", "--config", "/etc/caddy/spa.caddyfile"]
