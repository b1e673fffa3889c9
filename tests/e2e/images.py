"""Images for tests, made from what this machine has, since no registry can be reached; each once for an engine."""
import os
import pathlib

import harness
from docker_engine import libraries
from docker_machine import run

PROXY, DEMO, CONSUL = "docker-flow-proxy", "go-demo", "dfp-consul"
BUILD = harness.ROOT / "packaging/image/build"


def has(engine, image):
    return engine.cli("images", "-q", image) != ""


def proxy_image(engine):
    """What ./dev image makes: the proxy's and the demo service's."""
    if not has(engine, PROXY):
        run(BUILD, PROXY, "--demo-tag", DEMO, "--binary", harness.BINARY, env={**os.environ, "DOCKER_HOST": engine.host})
    return PROXY


def consul_image(engine):
    """Behaves as the public one does: `consul` with the words that follow the image's name."""
    if not has(engine, CONSUL):
        consul = pathlib.Path("/usr/bin/consul")
        files = {"/bin/consul": consul, **{path: pathlib.Path(path) for path in libraries(consul)}}
        engine.build_image(CONSUL, files, ["EXPOSE 8500", 'ENTRYPOINT ["/bin/consul"]'])
    return CONSUL
