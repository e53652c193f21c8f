"""A message goes to the address that was judged, under the name that was typed."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jobs.outgoing.sending import Answer, Message, send_all
from tests.jobs.receiver import Receiver, receiving

NAME = "hook.example.com"
LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of NAME by itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file = tmp_path / "both.pem"
    secret = key.private_bytes(form, pkcs8, serialization.NoEncryption())
    file.write_bytes(secret + made.public_bytes(form))
    return file


@pytest.fixture
def names() -> list[str | None]:
    """The names that clients asked for when they began TLS."""
    return []


@pytest.fixture
def secure(certificate: Path, names: list[str | None]) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _, name, __: names.append(name)
    with receiving(tls=context) as receiver:
        yield receiver


def send(url: str, *, found: list[str], asked: list[str] | None = None) -> Answer:
    def look_up(host: str) -> list[str]:
        if asked is not None:
            asked.append(host)
        return found

    return send_all([Message(url=url, headers={}, body="{}")], allowed=LOOPBACK, look_up=look_up)[0]


def test_the_name_is_looked_up_once_and_stands_in_tls_and_host_while_the_address_is_pinned(
    secure: Receiver, certificate: Path, names: list[str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr("jobs.outgoing.sending._certificates", lambda: trusted)
    asked: list[str] = []
    answer = send(f"https://{NAME}:{secure.port}/a?b=%20c", found=["127.0.0.1"], asked=asked)
    assert (answer.status, answer.is_delivered) == (204, True)
    assert (asked, names) == ([NAME], [NAME])
    path, headers, _ = secure.got[0]
    assert (path, headers["host"]) == ("/a?b=%20c", f"{NAME}:{secure.port}")


def test_a_certificate_of_nobody_we_trust_gets_nothing(secure: Receiver) -> None:
    answer = send(f"https://{NAME}:{secure.port}/", found=["127.0.0.1"])
    assert answer.status is None
    assert "CERTIFICATE_VERIFY_FAILED" in answer.trouble
    assert secure.got == []


def test_a_certificate_of_another_name_gets_nothing(
    secure: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr("jobs.outgoing.sending._certificates", lambda: trusted)
    answer = send(f"https://other.example.com:{secure.port}/", found=["127.0.0.1"])
    assert "other.example.com" in answer.trouble
    assert secure.got == []


def test_what_resolves_elsewhere_at_the_time_of_sending_gets_nothing() -> None:
    with receiving() as receiver:
        answer = send(f"http://{NAME}:{receiver.port}/", found=["127.0.0.1", "10.0.0.1"])
        assert answer.trouble.startswith(f"Nothing was sent: the host {NAME} is not in the public internet")
        assert receiver.got == []


def test_the_next_address_is_tried_where_nobody_answers_at_the_first() -> None:
    with receiving() as receiver:
        assert send(f"http://{NAME}:{receiver.port}/", found=["127.9.9.9", "127.0.0.1"]).status == 204


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiving() as receiver:
        assert send(receiver.url, found=[]).status == 204


def test_addresses_of_webhooks_which_may_be_secrets_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with receiving() as receiver:
        assert send(receiver.url, found=[]).status == 204
        assert receiver.url not in caplog.text


def test_an_answer_of_any_length_is_kept_to_its_beginning() -> None:
    with receiving() as receiver:
        receiver.answer = b"y" * 50_000_000
        answer = send(receiver.url, found=[])
        assert (answer.status, len(answer.answer)) == (204, 0)
        receiver.status = 200
        answer = send(receiver.url, found=[])
        assert (answer.status, answer.answer) == (200, "y" * 1024)
