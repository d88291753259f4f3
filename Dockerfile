# The image of a release: the program and nothing else. goreleaser puts the binaries for each platform beside this file.
# It was written where no container engine was at hand, so neither built nor run there.
FROM scratch
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/ngxproof /usr/bin/ngxproof
USER 65532:65532
WORKDIR /repo
ENTRYPOINT ["/usr/bin/ngxproof"]
