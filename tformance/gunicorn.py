"""The gunicorn configuration of the product: `gunicorn -c python:tformance.gunicorn`.

Gunicorn itself reads `WEB_CONCURRENCY` (the number of processes) and `FORWARDED_ALLOW_IPS` (the proxies
whose `X-Forwarded-*` headers are trusted).
"""

from __future__ import annotations

from tformance.env import env_str

wsgi_app = "tformance.asgi:application"
worker_class = "uvicorn_worker.UvicornWorker"
bind = env_str("BIND", "127.0.0.1:8000")

# Seconds from SIGTERM to SIGKILL. A worker finishes its requests and then delivers the last events, which may
# take `POSTHOG_FLUSH_TIMEOUT`, 10 s by default. Compose kills the container after 30 s.
graceful_timeout = 25

# The directory of the worker's heartbeat file. On a slow disk, gunicorn could kill a worker that is healthy
# (gunicorn's FAQ).
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn creates an unnamed file there

# Compose restarts and scales the service, and the socket's home directory is not writable.
control_socket_disable = True
