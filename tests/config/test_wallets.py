"""What signs wallet passes is read when a process starts, and what is wrong is named."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509 import load_pem_x509_certificate
from django.core.exceptions import ImproperlyConfigured

from config.wallets import apple_wallet, google_wallet
from tests.bookings.wallet.authority import (
    ISSUER_ID,
    PASS_TYPE,
    TEAM,
    Authority,
    make_authority,
    new_key,
    pem,
    service_account,
)
from tests.config.test_settings import NEEDED, show


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority()


def test_files_and_lines_are_both_taken(authority: Authority, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "pass.pem", tmp_path / "wwdr.cer"
    ours.write_text(authority.issue())
    certificate = load_pem_x509_certificate(authority.certificate.encode())
    theirs.write_bytes(certificate.public_bytes(Encoding.DER))  # As Apple offers it.

    wallet = apple_wallet(str(ours), pem(authority.pass_key).replace("\n", "\\n"), str(theirs))

    assert wallet
    assert (wallet.pass_type_id, wallet.team_id) == (PASS_TYPE, TEAM)


def test_what_is_empty_is_not_set_up() -> None:
    assert apple_wallet("", "", "") is None
    assert google_wallet("", "") is None


def test_an_expired_certificate_doesnt_stop_the_shop(authority: Authority) -> None:
    assert apple_wallet(authority.issue(days=-1), pem(authority.pass_key), authority.certificate)


def wrong_apple(authority: Authority) -> dict[str, tuple[tuple[str, str, str], str]]:
    """Return what could be set by mistake, and how the sentence about it begins."""
    ours, key, theirs = authority.issue(), pem(authority.pass_key), authority.certificate
    locked = authority.pass_key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    ).decode()
    return {
        "no key": ((ours, "", theirs), "APPLE_PASS_KEY must be set too"),
        "no file": (("/nowhere.pem", key, theirs), "APPLE_PASS_CERTIFICATE names a file that can't be read"),
        "a key instead": ((key, key, theirs), "APPLE_PASS_CERTIFICATE is not a certificate"),
        "no key in it": ((ours, ours, theirs), "APPLE_PASS_KEY is not a private key"),
        "with a passphrase": ((ours, locked, theirs), "APPLE_PASS_KEY has a passphrase"),
        "another key": ((ours, pem(new_key()), theirs), "APPLE_PASS_KEY is not the key of the certificate"),
        "another authority": (
            (ours, key, make_authority().certificate),
            "APPLE_WWDR_CERTIFICATE has not issued the certificate",
        ),
        "for no pass": (
            (authority.issue(pass_type=""), key, theirs),
            "APPLE_PASS_CERTIFICATE has no pass type",
        ),
        "of no team": ((authority.issue(team=""), key, theirs), "APPLE_PASS_CERTIFICATE has no team ID"),
    }


def test_each_mistake_with_apples_is_named(authority: Authority) -> None:
    for values, begins in wrong_apple(authority).values():
        with pytest.raises(ImproperlyConfigured, match=begins):
            apple_wallet(*values)


@pytest.mark.parametrize(("name", "value"), [("pass_type_id", "pass.other"), ("team_id", "ZZZZZZZZZZ")])
def test_a_certificate_of_another_type_or_team_is_refused(
    authority: Authority, name: str, value: str
) -> None:
    given = (authority.issue(), pem(authority.pass_key), authority.certificate)
    assert apple_wallet(*given, pass_type_id=PASS_TYPE, team_id=TEAM)

    with pytest.raises(ImproperlyConfigured, match=f"APPLE_{name.upper()} is {value}, but"):
        apple_wallet(*given, **{name: value})


def test_each_mistake_with_googles_is_named() -> None:
    good = service_account(new_key())
    curve = generate_ec(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for issuer, key, begins in (
        (ISSUER_ID, "", "GOOGLE_WALLET_KEY must be set too"),
        ("", good, "GOOGLE_WALLET_ISSUER_ID must be set too"),
        ("abc", good, "GOOGLE_WALLET_ISSUER_ID is not a number"),
        (ISSUER_ID, "/nowhere.json", "GOOGLE_WALLET_KEY names a file that can't be read"),
        (ISSUER_ID, "{}", "GOOGLE_WALLET_KEY is not the JSON key"),
        (ISSUER_ID, '{"client_email": 1, "private_key": 2}', "GOOGLE_WALLET_KEY is not the JSON key"),
        (ISSUER_ID, '{"client_email": "a@b", "private_key": "x"}', "GOOGLE_WALLET_KEY is not a private key"),
        (
            ISSUER_ID,
            json.dumps({"client_email": "a@b", "private_key": curve}),
            "GOOGLE_WALLET_KEY is not an RSA",
        ),
    ):
        with pytest.raises(ImproperlyConfigured, match=begins):
            google_wallet(issuer, key)


def test_the_process_stops_and_says_why() -> None:
    printed, errors = show({**NEEDED, "APPLE_PASS_CERTIFICATE": "/nowhere.pem"}, "s.APPLE_WALLET")

    assert printed == ""
    assert "APPLE_PASS_KEY and APPLE_WWDR_CERTIFICATE must be set too" in errors
