# The fleet's images: one build of all programs, then an image of one PROGRAM, with Debian's ffmpeg (`media`) or with nothing
# but the program (`service`). docker-compose.yml says which program is which. Needs BuildKit.

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# What was fetched and compiled stays in caches of the engine: the next build compiles only what changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked -p fleet && \
    mkdir /programs && \
    find target/release -maxdepth 1 -type f -executable -exec cp {} /programs/ \;

# What a program needs of an operating system: its libraries, the certificates of authorities (clients of the object store
# want them even where it is reached without TLS), a user, its folder. No shell, no package manager.
FROM build AS rootfs
RUN mkdir -p /rootfs/etc/ssl/certs /rootfs/tmp && \
    ldd /programs/* | grep -o '/[^ :]*\.so[^ :]*' | sort -u | xargs cp --parents -L -t /rootfs && \
    cp -L /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ && \
    echo 'hosts: files dns' > /rootfs/etc/nsswitch.conf && \
    echo 'reelfleet:x:10001:10001::/var/lib/reelfleet:/usr/sbin/nologin' > /rootfs/etc/passwd && \
    mkdir /folder

FROM scratch AS service
ARG PROGRAM
COPY --from=rootfs /rootfs /
COPY --from=rootfs --chown=10001:10001 /folder /var/lib/reelfleet
COPY --from=build /programs/${PROGRAM} /usr/local/bin/
ENV PATH=/usr/local/bin LISTEN_ADDRESS=0.0.0.0 DATA_DIR=/var/lib/reelfleet LOG_FORMAT=json
USER 10001

FROM debian:bookworm-slim AS media-base
RUN apt-get update && \
    apt-get install -y --no-install-recommends ffmpeg && \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/*
# A new volume takes its owner from the folder it covers.
RUN useradd --system --uid 10001 --home-dir /var/lib/reelfleet --shell /usr/sbin/nologin reelfleet && \
    install -d -o reelfleet -g reelfleet /var/lib/reelfleet
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/

FROM media-base AS media
ARG PROGRAM
COPY --from=build /programs/${PROGRAM} /usr/local/bin/
ENV LISTEN_ADDRESS=0.0.0.0 DATA_DIR=/var/lib/reelfleet LOG_FORMAT=json
USER 10001
