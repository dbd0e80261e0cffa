# The fleet's images: one build of all programs, then an image of one PROGRAM, with ffmpeg (`media`) or not
# (`service`). docker-compose.yml says which program is which. Needs BuildKit.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# What was fetched and compiled stays in caches of the engine: the next build compiles only what changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked -p fleet && \
    mkdir /programs && \
    find target/release -maxdepth 1 -type f -executable -exec cp {} /programs/ \;

FROM debian:bookworm-slim AS base
# Clients of the object store need the certificates even where it is reached without TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# A new volume takes its owner from the folder it covers.
RUN useradd --system --uid 10001 --home-dir /var/lib/reelfleet --shell /usr/sbin/nologin reelfleet && \
    install -d -o reelfleet -g reelfleet /var/lib/reelfleet
ENV LISTEN_ADDRESS=0.0.0.0 DATA_DIR=/var/lib/reelfleet LOG_FORMAT=json

FROM base AS media-base
RUN apt-get update && \
    apt-get install -y --no-install-recommends ffmpeg && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*

FROM base AS service
ARG PROGRAM
COPY --from=build /programs/${PROGRAM} /usr/local/bin/
USER reelfleet

FROM media-base AS media
ARG PROGRAM
COPY --from=build /programs/${PROGRAM} /usr/local/bin/
USER reelfleet
