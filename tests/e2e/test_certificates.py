"""Certificates belong to others, who renew them: what is served does not depend on their files any more."""
import shutil
import ssl

import pytest
from harness import ROOT, Traffic, http, wait_until


def https_status(proxy):
    """None where nobody listens."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(proxy.address, proxy.https_port, timeout=5, context=context)
    try:
        connection.request("GET", "/shop")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def proxy(rig):
    proxy = rig.proxy(name="tls", https_port=8443)
    proxy.register(rig.service("shop"))
    proxy.ok("reconfigure", serviceName="shop", servicePath="/shop")
    assert https_status(proxy) == 200
    return proxy


def spoil(proxy, how):
    file = proxy.folder / "certs/localhost.pem"
    if how == "deleted":
        file.unlink()
    elif how == "cut":  # while somebody writes it
        file.write_text(file.read_text()[:300])
    else:
        shutil.rmtree(file.parent)


@pytest.mark.parametrize("how", ["deleted", "cut", "folder gone"])
def test_haproxy_starts_again_although_a_certificate_is_spoiled(proxy, how):
    spoil(proxy, how)
    proxy.kill_haproxy()
    wait_until(lambda: proxy.get("/shop").status == 200, "HTTP is back", 10)
    wait_until(lambda: https_status(proxy) == 200, "HTTPS is back", 10)


@pytest.mark.parametrize("how", ["deleted", "cut", "folder gone"])
def test_what_is_served_stays_over_reloads_and_restarts(rig, proxy, how):
    spoil(proxy, how)
    with Traffic(proxy, "/shop") as traffic:
        proxy.ok("reload", recreate="true")
        assert https_status(proxy) == 200
        proxy.kill()
        again = rig.proxy(name="tls", https_port=8443, certified=False, address=proxy.address,
                          arguments=["--certs-dir", proxy.folder / "certs"])
        traffic.wait_for(50)
    assert traffic.failures == []
    assert https_status(again) == 200
    assert "haproxy.certificate" in again.log.read_text()
    again.kill_everything()


def test_the_operator_ends_https_by_the_setting(rig, proxy):
    spoil(proxy, "deleted")
    proxy.kill()
    again = rig.proxy(name="tls", address=proxy.address)
    again.https_port = 8443
    assert https_status(again) is None
    assert again.get("/shop").status == 200


def test_a_renewed_certificate_is_taken_over(proxy):
    def copies():
        return {path.name for path in (proxy.folder / "run/certs").iterdir()}
    before = copies()
    file = proxy.folder / "certs/localhost.pem"
    file.write_text(file.read_text() + "\n")  # another content, and as good
    proxy.ok("reload", recreate="true")
    assert https_status(proxy) == 200
    proxy.ok("reload", recreate="true")
    assert len(copies()) == 1 and copies() != before


def test_what_lies_beside_a_certificate_is_not_loaded(rig):
    folder = rig.folder / "certs"
    folder.mkdir()
    shutil.copy(ROOT / "tests/golden/haproxy/localhost.pem", folder)
    (folder / "localhost.pem.ocsp").write_text("garbage")
    (folder / "localhost.pem.sctl").write_text("garbage")
    proxy = rig.proxy(https_port=8443, certified=False, arguments=["--certs-dir", folder])
    assert https_status(proxy) == 503, "no service, and HTTPS"


def test_a_run_directory_that_was_emptied_gets_the_copies_again(proxy):
    for path in (proxy.folder / "run").iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    wait_until(lambda: (proxy.folder / "run/certs").is_dir(), "it is filled again", 20)
    proxy.kill_haproxy()
    wait_until(lambda: https_status(proxy) == 200, "HTTPS is back", 10)
