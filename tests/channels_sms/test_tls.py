"""SMPP over TLS: the operator's certificate is checked, and small writes still leave at once."""

import datetime
import ipaddress
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from peer import DELIVER_RESP, FakeIntake, QuickLink, config, deliver, operator, running


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """(server's context, PEM of the certificate) for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        pem
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, pem.decode()


@pytest.mark.needs("RFP-012", part="SMPP")
async def test_a_link_speaks_tls_with_an_operator_that_has_its_own_authority(certificate):
    context, pem = certificate
    async with operator(tls=context) as peer:
        link = QuickLink(config(peer.port, tls=True, tls_ca=pem), FakeIntake())
        async with running(link):
            visit = await peer.visit()
            visit.send(deliver(1))
            await visit.expect(DELIVER_RESP, status=0)
            link_socket = link._senders[0].session._transport.get_extra_info("socket")
            assert link_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            visit.cut()


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_told(certificate):
    context, _ = certificate
    async with operator(tls=context) as peer:
        intake = FakeIntake()
        async with running(QuickLink(config(peer.port, tls=True), intake)):
            await intake.until(lambda: any(state == "unbound" for state, _ in intake.states))
            error = next(facts["error"] for state, facts in intake.states if state == "unbound")
            assert "certificate verify failed" in error.lower()
