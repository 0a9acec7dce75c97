# One image for the product, its worker, beat, the migration and the bridge; docker-compose.yml sets the command.
# Tags are exact, but digests could not be looked up when this file was written: pin them in your registry.

# The browser's assets; the last stage compresses them.
FROM node:22.20.0-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
# Tailwind generates styles for the classes in templates and apps.
COPY assets assets
COPY templates templates
COPY apps apps
RUN node_modules/.bin/vite build --logLevel warn

# Python packages, checked by hash, and `otel` as a package, so that OpenTelemetry finds its entry points.
FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY requirements.image.lock ./
RUN /venv/bin/pip install --require-hashes --no-deps -r requirements.image.lock
WORKDIR /source
COPY pyproject.toml README.md ./
COPY otel otel
RUN /venv/bin/pip install --no-deps --no-build-isolation . && /venv/bin/pip uninstall --yes setuptools pip

FROM python:3.11.14-slim-bookworm
# Compose and the volumes use the same user id. The programs write only below /var/lib/tformance.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tformance \
    && install --directory --owner=10001 --group=10001 --mode=0750 \
        /var/lib/tformance /var/lib/tformance/beat /var/lib/tformance/quarantine
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY templates templates
COPY apps apps
COPY tformance tformance
COPY --from=assets /app/assets/dist assets/dist
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=tformance.settings DEBUG=false BIND=0.0.0.0:8000
# The file system is read-only at run time, so create compressed files and bytecode now.
RUN python -m whitenoise.compress --quiet assets/dist && python -m compileall -q apps tformance
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# The product's health check; docker-compose.yml sets those of the other programs. ALLOWED_HOSTS has `localhost`.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8000/health/', timeout=2)"]
# OpenTelemetry's launcher sets up traces and metrics from the OTEL_* variables. Gunicorn's option is `-c`, because the
# launcher would interpret `--config` as its own option.
CMD ["opentelemetry-instrument", "gunicorn", "-c", "python:tformance.gunicorn"]
