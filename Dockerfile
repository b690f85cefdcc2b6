# The image of every process of Palabre. NOT BUILT HERE: it was linted (make check), never built or run by us.
# The simulator is inside but refuses to start, since PALABRE_MODE is production.

FROM node:24-slim AS desk
WORKDIR /build
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.13-slim AS packages
COPY deploy/requirements.lock /tmp/requirements.lock
RUN python -m venv /opt/palabre \
    && /opt/palabre/bin/pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home palabre \
    && install -d -o palabre -m 0700 /var/lib/palabre /var/lib/palabre-webhooks /var/lib/palabre-bots
COPY --from=packages /opt/palabre /opt/palabre
WORKDIR /app
COPY . .
COPY --from=desk /build/dist frontend/dist
# Nobody writes here later: without this every start would compile every file.
RUN python -m compileall -q -j 0 /app
ENV PATH=/opt/palabre/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PALABRE_MODE=production \
    PALABRE_STATE=/var/lib/palabre \
    BOT_MODELS=/var/lib/palabre-bots \
    WEB_HOST=0.0.0.0
USER 10001
ENTRYPOINT ["python", "-m", "config.cli"]
CMD ["web"]
