# syntax=docker/dockerfile:1
FROM node:24-slim AS build
WORKDIR /app
# onnxruntime-node would otherwise download GPU libraries of several hundred megabytes.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json .npmrc ./
# The image is the pinned Node, so the package that brings it elsewhere runs no script here.
RUN npm ci --ignore-scripts
COPY . .
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json \
  && npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/node node_modules/.bin/node \
  && cd node_modules/onnxruntime-node/bin/napi-v* \
  && keep="linux/$(node -p process.arch)" \
  && find . -mindepth 2 -maxdepth 2 -type d ! -path "./$keep" -exec rm -rf {} +

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data ORT_DISABLE_TELEMETRY=1
RUN install -d -o node -g node /data
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/rules ./rules
COPY --from=build /app/models ./models
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=2s --start-period=20s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=16", "--heap-growing-percent=25", "--v8-pool-size=0", "dist/apps/decision-api/src/main.js"]
