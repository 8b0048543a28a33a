"""Certificate identifiers (证照标识) against published vectors."""

import pytest

from registry.configuration import CertificateType
from registry.identifiers import (
    check_character,
    identifier_serial,
    is_valid,
    make_identifier,
    next_version,
    parse_identifier,
)
from registry.numbers import Number
from workflow_runtime.errors import Failure, WrongState

VECTORS = [
    ("11100000000013338W011", "11430000006122244L", "20230000403", 1, "U"),
    ("11100000000013338W011", "11430000006122244L", "20230000403", 2, "S"),
    ("11100000000013338W011", "11110000000021135M", "20230329701", 3, "Y"),
    ("11100000000013338W011", "11110000000021135M", "20230000189", 1, "0"),
]
FIRST = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"


@pytest.mark.parametrize(("type_code", "authority", "serial", "version", "check"), VECTORS)
def test_the_check_character_is_the_published_one(type_code, authority, serial, version, check):
    assert check_character(type_code, authority, serial, version) == check
    identifier = make_identifier(type_code, authority, serial, version)
    assert identifier == f"1.2.156.3005.2.{type_code}.{authority}.{serial}.{version:03d}.{check}"
    assert is_valid(identifier)


def test_an_identifier_is_read_back_into_its_parts():
    parts = parse_identifier(FIRST)
    assert (parts.authority_code, parts.serial, parts.version, parts.check) == ("11430000006122244L", "20230000403", 1, "U")
    assert str(parts) == FIRST
    assert parts.holds


def test_a_reissue_raises_the_version_and_keeps_the_rest():
    assert next_version(FIRST) == FIRST.replace("001.U", "002.S")


def test_a_wrong_check_character_can_be_read_but_does_not_hold():
    wrong = FIRST[:-1] + "V"
    assert not parse_identifier(wrong).holds
    assert not is_valid(wrong)


@pytest.mark.parametrize("position", range(len("1.2.156.3005.2."), len(FIRST)))
def test_any_single_changed_character_is_noticed(position):
    changed = FIRST[:position] + ("7" if FIRST[position] != "7" else "8") + FIRST[position + 1 :]
    assert not is_valid(changed)


@pytest.mark.parametrize(
    "text", ["", "1.2.3", FIRST.lower(), FIRST + "\n", FIRST.replace(".001.", ".000."), FIRST.replace("1.2.156", "1.2.157")]
)
def test_what_is_not_an_identifier_is_refused(text):
    with pytest.raises(Failure) as caught:
        parse_identifier(text)
    assert caught.value.code == "IDENTIFIER_INVALID"
    assert not is_valid(text)


@pytest.mark.parametrize("serial", ["", "2026-1", "年"])
def test_no_identifier_is_made_of_wrong_parts(serial):
    with pytest.raises(Failure) as caught:
        make_identifier("11100000000013338W011", "11430000006122244L", serial, 1)
    assert caught.value.code == "IDENTIFIER_INVALID"


def test_after_version_999_there_is_none():
    with pytest.raises(WrongState) as caught:
        next_version(make_identifier("11100000000013338W011", "11430000006122244L", "20230000403", 999))
    assert caught.value.code == "VERSIONS_EXHAUSTED"


def test_the_serial_of_an_identifier_is_year_and_serial_of_the_year():
    assert identifier_serial(Number("蒙AA", "T", 2026, 1)) == "202600001"


def test_the_type_code_is_the_ministrys_credit_code_and_three_configurable_digits():
    assert CertificateType().code == "11100000000013338W999"
    assert CertificateType(digits="011").code == "11100000000013338W011"
