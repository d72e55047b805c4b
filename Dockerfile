# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev
COPY tsconfig.json tsconfig.viewer.json ./
COPY scripts ./scripts
COPY public ./public
COPY src ./src
# onnxruntime-node brings its library for every system; the image needs one.
RUN npm run build && npm prune --omit=dev \
  && rm -rf node_modules/onnxruntime-node/bin/*/darwin node_modules/onnxruntime-node/bin/*/win32

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json LICENSE ./
COPY models ./models
COPY samples ./samples
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/public ./public
COPY --from=build /app/dist ./dist
RUN mkdir -p /data && chown node:node /data
USER node
# glibc's per-thread arenas grow without bound under libvips and onnxruntime threads.
ENV NODE_ENV=production MALLOC_ARENA_MAX=2 MASKCAST_DATA_DIR=/data MASKCAST_SERVER_HOST=0.0.0.0 MASKCAST_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
# A running server leaves behind which program it is and where it listens, so that any port, host, folder or file of yours is right.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["sh", "-c", "at=${TMPDIR:-/tmp}/maskcast-$(id -u)/program; [ -e \"$at\" ] || at=/app/dist/main.js; exec node \"$at\" health"]
ENTRYPOINT ["tini", "--", "node", "/app/dist/main.js"]
CMD ["serve"]
