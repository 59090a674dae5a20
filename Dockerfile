# SPDX-License-Identifier: Apache-2.0
# The server in a container of its own, for use with an existing PostgreSQL (docker-compose.yml) - or on its private one:
# docker run -v kam:/var/lib/kam -p 7443:7443 IMAGE
FROM debian:12 AS build
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    build-essential cmake ninja-build pkg-config gettext python3 python3-protobuf protobuf-compiler protobuf-c-compiler \
    libprotobuf-dev libprotobuf-c-dev libuv1-dev libnghttp2-dev libssl-dev libpq-dev libsodium-dev libsqlite3-dev \
    libmicrohttpd-dev libutf8proc-dev libjansson-dev libedit-dev libcsv-dev libcmocka-dev postgresql postgresql-contrib \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The build checks every statement against a throw-away PostgreSQL, which does not run as root.
RUN cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr && cmake --build --preset release --target all \
    && DESTDIR=/install cmake --install build/release --strip

FROM debian:12
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    libuv1 libnghttp2-14 libssl3 libprotobuf-c1 libpq5 libsodium23 libmicrohttpd12 libutf8proc2 libjansson4 \
    libedit2 libcsv3 ca-certificates tzdata postgresql postgresql-contrib \
    && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/15 /etc/postgresql/15 \
    && useradd --system --home-dir /var/lib/kam --shell /usr/sbin/nologin kam \
    && install -d -o kam -g kam -m 0700 /var/lib/kam
COPY --from=build /install/ /
USER kam
VOLUME /var/lib/kam
EXPOSE 7443
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["kamd", "health"]
ENTRYPOINT ["kamd"]
CMD ["serve", "--data", "/var/lib/kam"]
