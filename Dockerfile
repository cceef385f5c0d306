# The lab in a container: built from the package, run as nobody in particular on a read-only root; all it keeps is in /data.
FROM node:26-bookworm AS build
WORKDIR /source
COPY . .
RUN npm ci --no-audit --no-fund && npm pack --pack-destination /package

FROM node:26-bookworm-slim
COPY --from=build /package/*.tgz /tmp/package.tgz
# The image has the Node it runs on: the one that the package brings is not kept.
RUN npm install --global --no-audit --no-fund /tmp/package.tgz \
  && rm -rf /tmp/package.tgz /root/.npm "$(npm root --global)"/phonehome-lab/node_modules/node-linux-* \
  && install -d -o node -g node -m 0700 /data /cache
USER node
ENV NODE_ENV=production XDG_CACHE_HOME=/cache
VOLUME ["/data", "/cache"]
EXPOSE 8080 8081 8443
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8081/api/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["phonehome"]
CMD ["start", "--data", "/data"]
