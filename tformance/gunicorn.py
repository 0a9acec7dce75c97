"""How gunicorn serves the product: `gunicorn -c python:tformance.gunicorn`.

Gunicorn reads `WEB_CONCURRENCY` (processes) and `FORWARDED_ALLOW_IPS` (whose `X-Forwarded-*` count) itself.
"""

from __future__ import annotations

from tformance.env import env_str

wsgi_app = "tformance.asgi:application"
worker_class = "uvicorn_worker.UvicornWorker"
bind = env_str("BIND", "127.0.0.1:8000")

# Seconds from SIGTERM to SIGKILL: what is being answered, then the last events, which have
# `POSTHOG_FLUSH_TIMEOUT`, 10 s. Compose kills at 30 s.
graceful_timeout = 25

# Where a worker shows that it lives. Gunicorn's FAQ: a disk that is slow for a moment would get it killed.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - gunicorn makes a nameless file there

# Restarting and scaling is Compose's work; the socket would be in a home that is not writable.
control_socket_disable = True
