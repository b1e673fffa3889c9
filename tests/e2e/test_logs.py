"""A log that nobody reads stops nothing."""
import os
import re
import subprocess

from harness import BINARY, ProxyClient, free_port, private_address, wait_until


class PipedProxy(ProxyClient):
    """Its standard error is a pipe that the test reads, or does not."""

    def __init__(self, folder):
        self.folder, self.address, self.http_port = folder, private_address(), 8000
        self.api_port = free_port(self.address)
        self.reader, writer = os.pipe()
        self.popen = subprocess.Popen(
            [BINARY, "server", "--registry", f"embedded:{folder}/registry.db", "--api", f"{self.address}:{self.api_port}",
             "--http", f"{self.address}:8000", "--https", "off", "--state-dir", folder / "state", "--run-dir", folder / "run"],
            stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
        os.close(writer)
        wait_until(lambda: self.api("successfulinitreload").status == 200, "the proxy is ready", 20)


def haproxy_pids(folder):
    found = subprocess.run(["pgrep", "-f", f"haproxy .*{folder}"], capture_output=True, text=True).stdout.split()
    return [int(pid) for pid in found]


def test_a_pipe_that_nobody_reads(rig):
    proxy = PipedProxy(rig.folder)
    try:
        proxy.register(rig.service())
        proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
        for n in range(2500):  # more than pipe and buffer hold
            assert proxy.api("reconfigure", serviceName="other", servicePath="/demo").status == 409, n
        for pid in haproxy_pids(rig.folder):
            os.kill(pid, 9)
        wait_until(lambda: proxy.get("/demo/hello").status == 200, "traffic is back", 20)
        os.set_blocking(proxy.reader, False)
        text = b""

        def dropped():
            nonlocal text
            proxy.api("reconfigure", serviceName="other", servicePath="/demo")
            try:
                text += os.read(proxy.reader, 1 << 20)
            except BlockingIOError:
                pass
            return re.search(rb"log.dropped lines=(\d+)", text)
        assert int(wait_until(dropped, "how many lines are missing", 20)[1]) > 0
    finally:
        os.set_blocking(proxy.reader, True)
        proxy.popen.terminate()
        while os.read(proxy.reader, 1 << 16):
            pass
        assert proxy.popen.wait(15) == 0
        os.close(proxy.reader)


def test_a_pipe_whose_reader_has_gone(rig):
    proxy = PipedProxy(rig.folder)
    os.close(proxy.reader)
    proxy.ok("reconfigure", serviceName="go-demo", servicePath="/demo")
    proxy.popen.terminate()
    assert proxy.popen.wait(15) == 0
