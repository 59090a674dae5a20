# SPDX-License-Identifier: Apache-2.0
# Two images from one source: `postgres`, the database that docker-compose.yml puts beside kamd, and `kamd`, the server (the last
# stage, so what a plain `docker build .` makes). kamd can also run alone, on a private PostgreSQL in its volume:
#   docker run -v kam:/var/lib/kam -p 7443:7443 IMAGE
FROM debian:12 AS build
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    build-essential cmake ninja-build pkg-config gettext python3 python3-protobuf protobuf-compiler protobuf-c-compiler \
    libprotobuf-dev libprotobuf-c-dev libuv1-dev libnghttp2-dev libssl-dev libpq-dev libsodium-dev libsqlite3-dev \
    libmicrohttpd-dev libutf8proc-dev libjansson-dev libedit-dev libcsv-dev libyaml-dev postgresql postgresql-contrib \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# The build checks every statement against a throw-away PostgreSQL, which does not run as root.
RUN cmake --preset release -DCMAKE_INSTALL_PREFIX=/usr -DKAM_TESTS=OFF && cmake --build --preset release \
    && DESTDIR=/install cmake --install build/release --strip --component server

# What both need. The package's own cluster is not used.
FROM debian:12 AS runtime
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
    ca-certificates tzdata postgresql postgresql-contrib \
    libuv1 libnghttp2-14 libssl3 libprotobuf-c1 libpq5 libsodium23 libmicrohttpd12 libutf8proc2 libjansson4 \
    && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* /etc/postgresql/*

FROM runtime AS postgres
COPY docs/compose-postgres.sh /usr/local/bin/compose-postgres
RUN chmod 0755 /usr/local/bin/compose-postgres && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
USER postgres
VOLUME /var/lib/postgresql/data
EXPOSE 5432
# PostgreSQL's fast shutdown; its default waits until every client has gone.
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s CMD ["pg_isready", "-q", "-h", "/tmp", "-U", "postgres", "-d", "kam"]
ENTRYPOINT ["compose-postgres"]

FROM runtime AS kamd
RUN useradd --system --uid 7443 --user-group --home-dir /var/lib/kam --shell /usr/sbin/nologin kam \
    && install -d -o kam -g kam -m 0700 /var/lib/kam /var/lib/kam-backup
COPY --from=build /install/ /
USER kam
ENV KAM_DATA=/var/lib/kam
VOLUME /var/lib/kam
EXPOSE 7443
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["kamd", "health"]
ENTRYPOINT ["kamd"]
CMD ["serve"]
