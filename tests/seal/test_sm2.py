"""SM2 and SM3 against published vectors and against implementations that are not ours."""

import secrets
import shutil
import subprocess

import gmssl_pyx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seals import pki, signer

from registry.sealed_ofd import sm2
from registry.sealed_ofd.der import read
from registry.sealed_ofd.sm3 import sm3
from registry.sealed_ofd.x509 import is_signature_of, read_certificate, signature_numbers
from sandbox import der
from sandbox.pki import pem

KEY = (
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
SIGNATURE = sm2.Signature(
    0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3,
    0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA,
)
MESSAGE = b"message digest"
"""The example of GB/T 32918.5-2017, A.2."""

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_gives_the_published_digests(message, digest):
    """GB/T 32905-2016, A."""
    assert sm3(message).hex() == digest
    assert sm3(message[:1], message[1:]).hex() == digest


def test_the_published_signature_is_right():
    assert sm2.digest_of(KEY, MESSAGE).hex() == "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
    assert sm2.verify(KEY, MESSAGE, SIGNATURE)


@pytest.mark.parametrize(
    ("key", "message", "signature", "signer_id"),
    [
        (KEY, MESSAGE + b" ", SIGNATURE, sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, SIGNATURE, b"another signer"),
        (KEY, MESSAGE, sm2.Signature(SIGNATURE.r + 1, SIGNATURE.s), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(SIGNATURE.s, SIGNATURE.r), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(SIGNATURE.r, SIGNATURE.s + sm2.N), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(SIGNATURE.r - sm2.N, SIGNATURE.s), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(0, SIGNATURE.s), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(SIGNATURE.r, 0), sm2.DEFAULT_SIGNER),
        (KEY, MESSAGE, sm2.Signature(1, sm2.N - 1), sm2.DEFAULT_SIGNER),
        ((KEY[0], KEY[1] + 1), MESSAGE, SIGNATURE, sm2.DEFAULT_SIGNER),
        ((KEY[0] + sm2.P, KEY[1]), MESSAGE, SIGNATURE, sm2.DEFAULT_SIGNER),
        ((0, 0), MESSAGE, SIGNATURE, sm2.DEFAULT_SIGNER),
        ((sm2.GX, sm2.GY), MESSAGE, SIGNATURE, sm2.DEFAULT_SIGNER),
    ],
    ids=[
        "message",
        "signer",
        "r",
        "swapped",
        "s beyond n",
        "negative r",
        "no r",
        "no s",
        "r + s = n",
        "off the curve",
        "beyond p",
        "nought",
        "key",
    ],
)
def test_anything_else_is_wrong(key, message, signature, signer_id):
    assert not sm2.verify(key, message, signature, signer_id)


def made_to_fit(r, s):
    """A digest for which these numbers satisfy the equation of a signature of the example's key."""
    [(x, _, _)] = sm2._affine([sm2._add(sm2._times_base(s), sm2._times((r + s) % sm2.N, KEY))])
    return ((r - x) % sm2.N).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("r", "s", "told"),
    [
        (0, 5, (0, 5)),
        (7, 0, (7, 0)),
        (sm2.N - 5, 5, (sm2.N - 5, 5)),
        (7, 5, (7, 5 + sm2.N)),
        (7, 5, (7 + sm2.N, 5)),
        (7, 5, (7 - sm2.N, 5)),
    ],
    ids=["no r", "no s", "r + s = n", "s beyond n", "r beyond n", "negative r"],
)
def test_numbers_out_of_their_range_are_wrong_where_the_equation_holds(r, s, told):
    """GB/T 32918.2, 7.1, steps 1, 2 and 5: without them these would be signatures."""
    assert not sm2._verify_digest(KEY, made_to_fit(r, s), sm2.Signature(*told))
    assert sm2._verify_digest(KEY, made_to_fit(7, 5), sm2.Signature(7, 5))


@given(st.binary(max_size=300))
def test_what_another_implementation_signs_is_right(message):
    """gmssl-pyx signs, ours verifies."""
    public, private = gmssl_pyx.sm2_key_generate()
    key, signature = sm2.public_key(b"\x04" + public), gmssl_pyx.sm2_sign(private, public, message)
    assert is_signature_of(key, message, signature)
    assert not is_signature_of(key, message + b"x", signature)


def signed_by_us(private, message, signer_id=sm2.DEFAULT_SIGNER):
    """A signature made with our own arithmetic; for tests, since it is not made in constant time."""
    key = sm2._affine([sm2._times_base(private)])[0][:2]
    e = int.from_bytes(sm2.digest_of(key, message, signer_id), "big")
    while True:
        k = secrets.randbelow(sm2.N - 1) + 1
        r = (e + sm2._affine([sm2._times_base(k)])[0][0]) % sm2.N
        s = pow(1 + private, -1, sm2.N) * (k - r * private) % sm2.N
        if r and s and r + k != sm2.N:
            return key, sm2.Signature(r, s)


@given(st.binary(max_size=300))
def test_what_we_compute_is_right_for_another_implementation(message):
    """Our arithmetic signs, gmssl-pyx verifies."""
    key, (r, s) = signed_by_us(secrets.randbelow(sm2.N - 2) + 1, message)
    public = key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big")
    assert gmssl_pyx.sm2_verify(public, message, der.sequence(der.integer(r), der.integer(s)))


def test_points_are_read_in_both_forms():
    whole = b"\x04" + KEY[0].to_bytes(32, "big") + KEY[1].to_bytes(32, "big")
    assert sm2.public_key(whole) == KEY
    assert sm2.public_key(bytes([2 + (KEY[1] & 1)]) + whole[1:33]) == KEY
    assert sm2.public_key(bytes([3 - (KEY[1] & 1)]) + whole[1:33]) == (KEY[0], sm2.P - KEY[1])
    assert [sm2.public_key(bad) for bad in (b"", whole[:-1], b"\x05" + whole[1:], whole[:-1] + b"\0", b"\x02" + b"\xff" * 32)] == [None] * 5


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, **more)


@needs_openssl
@pytest.mark.parametrize("role", ["intermediate", "signer"])
def test_openssl_finds_the_certificates_right_and_ours_agrees(tmp_path, role):
    """With the distinguishing id of GM/T 0009; its default is another one, and it takes an id for the last certificate alone."""
    certificate, issuer = {"intermediate": (pki().intermediate, pki().root), "signer": (signer(), pki().intermediate)}[role]
    (tmp_path / "issuer.pem").write_text(pem(issuer.certificate))
    (tmp_path / "own.pem").write_text(pem(certificate.certificate))
    given = ("-vfyopt", "distid:1234567812345678", "-no_check_time", "-partial_chain", "-CAfile", tmp_path / "issuer.pem")
    told = openssl("verify", *given, tmp_path / "own.pem")
    assert told.stdout.decode().strip().endswith("own.pem: OK"), told.stderr
    assert read_certificate(certificate.certificate).signed_by(read_certificate(issuer.certificate))
    assert not read_certificate(certificate.certificate).signed_by(read_certificate(pki().maker.certificate))


@needs_openssl
def test_what_openssl_signs_is_right(tmp_path):
    """openssl signs, ours verifies, and the other way round."""
    key, message = tmp_path / "key.pem", tmp_path / "message"
    message.write_bytes(MESSAGE)
    assert openssl("ecparam", "-name", "SM2", "-genkey", "-noout", "-out", key).returncode == 0
    public = read(openssl("pkey", "-in", key, "-pubout", "-outform", "DER").stdout).parts[1].bits()
    pkeyopt = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    signature = openssl("pkeyutl", "-sign", "-in", message, "-inkey", key, *pkeyopt).stdout
    assert is_signature_of(sm2.public_key(public), MESSAGE, signature)
    private = int.from_bytes(read(openssl("ec", "-in", key, "-outform", "DER").stdout).parts[1].octets(), "big")
    _, (r, s) = signed_by_us(private, MESSAGE)
    (tmp_path / "ours").write_bytes(der.sequence(der.integer(r), der.integer(s)))
    verified = openssl("pkeyutl", "-verify", "-in", message, "-inkey", key, "-sigfile", tmp_path / "ours", *pkeyopt)
    assert verified.returncode == 0, verified.stderr


def test_a_signature_that_is_none_is_none():
    assert [signature_numbers(bad) for bad in (b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", b"x" * 70)] == [None] * 4
    assert signature_numbers(der.sequence(der.integer(1), der.integer(2), der.integer(3))) is None
