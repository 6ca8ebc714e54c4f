# Debian, not Alpine: several of the locked packages have no wheel for musl.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
WORKDIR /build
COPY requirements-build.lock requirements.lock ./
# Here too what runs is installed: its types are what the hot modules are compiled by.
RUN python -m pip install --require-hashes --requirement requirements-build.lock --requirement requirements.lock \
 && python -m venv /opt/idp \
 && /opt/idp/bin/python -m pip install --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY deploy/compiling.py deploy/compiling.py
COPY src src
COPY migrations migrations
# Everything is compiled here, because where it runs nothing can be written beside the sources. Nor does anything
# install there.
RUN WARIFU_BUILD=compiled python -m hatchling build --target wheel --directory /build/dist \
 && /opt/idp/bin/python -m pip install --no-deps --no-index /build/dist/*.whl \
 && /opt/idp/bin/python -m pip uninstall --yes setuptools pip \
 && python -m compileall -q -j 0 /opt/idp/lib

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 idp \
 && useradd --system --uid 10001 --gid idp --home-dir /var/lib/idp --no-create-home --shell /usr/sbin/nologin idp \
 && install --directory --owner=idp --group=idp --mode=0700 /var/lib/idp
COPY --from=build /opt/idp /opt/idp
ENV PATH=/opt/idp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    IDP_DATA_DIR=/var/lib/idp \
    IDP_BIND=0.0.0.0:8080
USER 10001:10001
# The only place that is written to: `docker run --read-only` works.
VOLUME /var/lib/idp
WORKDIR /var/lib/idp
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['IDP_BIND'].rpartition(':')[2] + '/health/live', timeout=2)"]
ENTRYPOINT ["idp"]
CMD ["serve"]
