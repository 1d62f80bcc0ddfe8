FROM node:22-slim AS dependencies
WORKDIR /app
COPY source/package.json source/package-lock.json ./
RUN --mount=type=cache,id=-npm,target=/root/.npm GIVEN npm ci

FROM dependencies AS build
ENV NEXT_TELEMETRY_DISABLED=1
COPY source/ ./
RUN --mount=type=cache,id=-next,target=/app/.next/cache GIVEN npm run build

FROM node:22-slim
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1
RUN useradd --create-home --uid 10001 app
WORKDIR /app
COPY --from=dependencies --chown=app:app /app/node_modules ./node_modules
COPY --from=build --chown=app:app /app/.next ./.next
COPY source/package.json ./
USER app
EXPOSE 8080
CMD ["node_modules/.bin/next", "start", "-p", "8080"]
