"""A server that cannot prove who it is gets nothing from us: PostgreSQL, Redis, and Redis as Celery reaches it."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from celery import Celery
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db.backends.postgresql.base import DatabaseWrapper

from config.env import checked_broker, database

SSL_REQUEST = 8  # bytes of PostgreSQL's question whether TLS is spoken


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


class Server:
    """Takes connections, begins TLS (after PostgreSQL's question, where `asks`), and keeps what it reads then."""

    def __init__(self, certificate: Path, *, asks: bool = False, speaks_tls: bool = True) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._asks, self._speaks_tls = asks, speaks_tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.heard = b""
        self.heard_some = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            try:
                line.settimeout(5)
                if self._asks:
                    line.recv(SSL_REQUEST)
                    line.sendall(b"S" if self._speaks_tls else b"N")
                line = self._context.wrap_socket(line, server_side=True) if self._speaks_tls else line
                self.heard += line.recv(4096)
                self.heard_some.set()
            except OSError:
                pass
            finally:
                line.close()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    opened: list[Server] = []
    yield opened
    for one in opened:
        one.close()


def connect_to_postgresql(port: int, words: str) -> str:
    """Django's own connection by an address; returns why it failed."""
    settings = database(f"postgresql://palabre_app:topsecret@127.0.0.1:{port}/palabre?{words}&connect_timeout=5", "URL")
    given = {"AUTOCOMMIT": True, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None, **settings}
    wrapper = DatabaseWrapper(given, "elsewhere")
    with pytest.raises(psycopg.OperationalError) as failed:
        wrapper.Database.connect(**wrapper.get_connection_params())
    return str(failed.value)


@pytest.mark.needs("RFP-012", part="PostgreSQL and Redis")
def test_a_database_that_cannot_prove_who_it_is_hears_no_password(certificate: Path, servers: list[Server]) -> None:
    server, plain = Server(certificate, asks=True), Server(certificate, asks=True, speaks_tls=False)
    servers += [server, plain]
    assert "certificate verify failed" in connect_to_postgresql(server.port, "sslmode=verify-full&sslrootcert=system")
    assert "does not support SSL" in connect_to_postgresql(plain.port, "sslmode=require")
    assert (server.heard, plain.heard) == (b"", b"")
    # With its authority named it is believed: it hears who comes.
    connect_to_postgresql(server.port, f"sslmode=verify-full&sslrootcert={certificate}")
    assert server.heard_some.wait(5) and b"palabre_app" in server.heard


@pytest.mark.needs("RFP-012", part="PostgreSQL and Redis")
def test_a_redis_that_cannot_prove_who_it_is_hears_nothing(certificate: Path, servers: list[Server]) -> None:
    server = Server(certificate)
    servers.append(server)
    url = f"rediss://:topsecret@127.0.0.1:{server.port}/0"
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        redis.Redis.from_url(url, retry=None, socket_timeout=3).ping()
    broker = Celery(broker=checked_broker(url)).connection_for_write()
    with pytest.raises(redis.ConnectionError, match="certificate verify failed"):
        broker.ensure_connection(max_retries=1, timeout=3, interval_start=0, reraise_as_library_errors=False)
    assert server.heard == b""
    with pytest.raises(redis.ConnectionError):  # believed, and heard; it answers nothing that Redis would
        redis.Redis.from_url(f"{url}?ssl_ca_certs={certificate}", retry=None, socket_timeout=3).ping()
    assert server.heard_some.wait(5)
