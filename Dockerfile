FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --create-home --uid 10001 schoolbell && mkdir var && chown schoolbell var

COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY core core
COPY notifier notifier
COPY locales locales
RUN pip install -e . -c constraints.txt

USER schoolbell
# Inside its own network the container listens on all addresses; docker-compose.yml publishes it to loopback only.
ENV SCHOOLBELL_HTTP_HOST=0.0.0.0 SCHOOLBELL_HTTP_PORT=8080 SCHOOLBELL_LOG_FORMAT=json
VOLUME /app/var
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["schoolbell", "run"]
