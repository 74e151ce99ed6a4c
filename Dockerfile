# Factorscope in a container: docs/container.md says how to build and run it.
FROM python:3.12-slim

# What is kept lies on a volume: the database, MovieLens zips, compiled kernels.
ENV FACTORSCOPE_DB=sqlite:////data/factorscope.db \
    FACTORSCOPE_CACHE=/data/movielens \
    FACTORSCOPE_LOG=json \
    NUMBA_CACHE_DIR=/data/kernels \
    HOME=/data \
    MALLOC_ARENA_MAX=2 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 10001 --no-create-home --home-dir /data factorscope \
    && mkdir /data && chown factorscope /data

WORKDIR /app

# PyTorch without its parts for graphics cards, which are some gigabytes.
COPY requirements.txt .
RUN python -m pip install --no-cache-dir --disable-pip-version-check \
    --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt

COPY app.py ./
COPY .streamlit .streamlit
COPY pages pages
COPY recsys_core recsys_core
RUN python -m compileall -q app.py pages recsys_core

USER factorscope
VOLUME /data
EXPOSE 8501

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('/'.join(['http://127.0.0.1:8501', *filter(None, [os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/')]), 'factorscope/health']), timeout=3)"]

CMD ["python", "-m", "streamlit", "run", "app.py", "--server.port=8501", "--server.headless=true"]
