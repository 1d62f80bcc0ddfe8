FROM node:22-slim AS dependencies
WORKDIR /app
COPY source/package.json source/package-lock.json ./
RUN --mount=type=cache,id=-npm,target=/root/.npm GIVEN npm ci --omit=dev

FROM node:22-slim
ENV NODE_ENV=production
RUN useradd --create-home --uid 10001 app
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY source/ ./
USER app
EXPOSE 8080
CMD ["node", "server.js"]
