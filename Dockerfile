# The image of a release: the program and nothing else. goreleaser puts the binaries for each platform beside this file.
# No container engine was at hand where it was written. A test (TestImage) follows it without one: an empty root folder, the
# static program, the user and the working folder, and runs the program in there.
FROM scratch
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/ngxproof /usr/bin/ngxproof
USER 65532:65532
WORKDIR /repo
ENTRYPOINT ["/usr/bin/ngxproof"]
