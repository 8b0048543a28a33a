"""The national platform: token, check, 赋码, 归集, update."""

import contextlib
import secrets
import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from platform_clients import NationalClient, fm_record

import sandbox
from sandbox.national_rules import CODES


def unwrap(code, pem):
    """The QR's text as a client recovers it."""
    private = serialization.load_pem_private_key(pem, None)
    key = private.decrypt(bytes.fromhex(code["encryKey"]), padding.PKCS1v15())
    decryptor = Cipher(TripleDES(key * 3), modes.ECB()).decryptor()
    padded = decryptor.update(bytes.fromhex(code["encryCertid"])) + decryptor.finalize()
    return padded[: -padded[-1]].decode()


def assign(national, **changes):
    record = fm_record(**changes)
    code, errors, _, success = national.call("fm", record)
    assert code in "12", errors
    return record, unwrap(success[0], national.session.get(f"{national.url}/control/client-key", timeout=60).content)


def aggregation(plain_id, **changes):
    return {"ID": plain_id, "zzeCertID": "1.2.156.3005.2.X.001.U", "url": "https://crane.example/preview/1", **changes}


def test_a_token_is_given_for_the_right_credentials(national):
    answer = national.login()
    assert answer.status_code == 200
    assert answer.json()["custom"]["expires_in"] == 7200
    assert answer.json()["status"] == {"code": 1, "text": ""}


@pytest.mark.parametrize("wrong", [{"secret": "no"}, {"client": "no"}, {"grant": "password"}])
def test_wrong_credentials_get_401(national, wrong):
    answer = national.login(**wrong)
    assert (answer.status_code, answer.json()["status"]["code"]) == (401, 0)


def test_a_call_without_a_live_token_gets_401_and_has_no_effect(national):
    national.token = "0" * 32
    answer = national.send("fm", fm_record())
    assert (answer.status_code, answer.json()["status"]["code"]) == (401, 0)
    assert national.effects()["fm"] == []


def test_a_token_expires_after_its_life(tmp_path):
    clock = [datetime(2025, 6, 1, tzinfo=UTC)]
    settings = sandbox.NationalSettings(token_seconds=60)
    running = sandbox.start(tmp_path, national=settings, now=lambda: clock[0])
    with NationalClient(running.national) as national:
        assert national.send("check", fm_record()).status_code == 200
        clock[0] += timedelta(seconds=60)
        assert national.send("check", fm_record()).status_code == 401
    running.stop()


def test_tokens_can_be_ended_by_hand(national):
    assert national.send("check", fm_record()).status_code == 200
    national.session.post(f"{national.url}/control/expire-tokens", timeout=60)
    assert national.send("check", fm_record()).status_code == 401


def test_a_code_is_assigned_and_the_client_recovers_the_plain_id(national, tmp_path):
    record = fm_record()
    code, errors, warnings, success = national.call("fm", record)
    assert (code, errors, warnings) == ("1", [], [])
    assert success[0]["eCertID"] == record["eCertID"]
    plain_id = unwrap(success[0], (tmp_path / "state" / "national-client-key.pem").read_bytes())
    assert plain_id == national.effects()["fm"][0]["ID"]
    assert len(plain_id) == 32


def test_the_legacy_key_has_512_bits_and_is_readable_by_its_owner_only(running, tmp_path):
    file = tmp_path / "state" / "national-client-key.pem"
    assert serialization.load_pem_private_key(file.read_bytes(), None).key_size == 512
    assert file.stat().st_mode & 0o077 == 0


def test_every_missing_field_is_told_at_once(national):
    code, errors, _, _ = national.call("fm", {})
    assert code == "0"
    assert errors == ["E1001"] * 18


@pytest.mark.parametrize(
    "changes",
    [
        {"eCertID": "x" * 32},
        {"eCertID": "ab"},
        {"provinceNum": "15"},
        {"issuDate": "2025/06/01"},
        {"issuDate": "20250601"},
        {"manufactureDate": "2020-02-30"},
        {"creditCode": "123"},
        {"certState": "42"},
        {"operateType": "77"},
        {"technicalParameters": ["list"]},
    ],
)
def test_a_malformed_field_is_refused(national, changes):
    code, errors, _, _ = national.call("fm", fm_record(**changes))
    assert code == "0"
    assert "E1002" in errors
    assert national.effects()["fm"] == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [({"certState": "99"}, "certStatusDescription"), ({"operateType": "08"}, "associatedZzeCertID")],
)
def test_some_values_ask_for_another_field(national, changes, missing):
    answer = national.send("fm", fm_record(**changes)).json()
    assert [item["ErrorMsg"] for item in answer["ReturnData"]["ErrorData"]] == [f"必填项为空：{missing}"]


@pytest.mark.parametrize(
    "changes",
    [{"deviceModel": "QTZ80(TC5610)"}, {"businessInformation": [{"itemvalue": "1", "itemtext": "甲)"}]}],
)
def test_half_width_brackets_are_refused(national, changes):
    assert national.call("fm", fm_record(**changes))[:2] == ("0", ["E1003"])


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"AcceptData": []}', b'{"AcceptData": [{}, {}]}', b'{"AcceptData": ["\\ud800"]}', b"[" * 9000]
)
def test_a_body_that_is_not_one_record_is_refused(national, body):
    answer = national.send("fm", body=body).json()
    assert [item["ErrorGuid"] for item in answer["ReturnData"]["ErrorData"]] == ["E1000"]


def test_the_same_ecertid_again_is_refused_with_the_first_answer_and_no_second_effect(national):
    record = fm_record()
    first = national.call("fm", record)
    code, errors, _, success = national.call("fm", record)
    assert (code, errors) == ("0", ["E2006"])
    assert success == first[3]
    assert len(national.effects()["fm"]) == 1


def test_the_same_ecertid_for_another_certificate_does_not_tell_the_first_code(national):
    record, _ = assign(national)
    _, errors, _, success = national.call("fm", fm_record(eCertID=record["eCertID"], certNum="蒙AA-T202500002"))
    assert (errors, success) == (["E2006"], [])


def test_a_new_ecertid_for_the_same_certificate_is_a_new_code_and_makes_the_older_stale(national):
    _, old = assign(national)
    _, new = assign(national)
    assert national.call("gj", aggregation(old))[:2] == ("0", ["E3002"])
    assert national.call("gj", aggregation(new))[:2] == ("1", [])
    assert len(national.effects()["fm"]) == 2


@pytest.mark.parametrize("number", ["蒙AA-T202500001", "蒙ＡＡ－T202500001", "蒙aa—t202500001"])
def test_a_certificate_number_belongs_to_one_machine_however_it_is_written(national, number):
    assign(national)
    assert national.call("fm", fm_record(certNum=number, factoryNumber="ZL-0002"))[:2] == ("0", ["E2001"])


@pytest.mark.parametrize("serial", ["ZL-0001", "zl-0001", "ＺＬ－０００１", " ZL- 0001"])
def test_a_machine_of_another_owner_is_refused_however_its_serial_is_written(national, serial):
    assign(national)
    other = {"certNum": "蒙AA-T202500002", "creditCode": "91150200MA0P00001T", "companyName": "包头市钢城起重设备租赁有限公司"}
    assert national.call("fm", fm_record(factoryNumber=serial, **other))[:2] == ("0", ["E2002"])
    assert national.call("check", fm_record(factoryNumber=serial, **other))[:2] == ("0", ["E2002"])


def test_a_machine_filed_in_another_province_is_refused(national):
    assign(national, provinceNum="110000", certNum="京A-T202400001")
    assert national.call("fm", fm_record())[:2] == ("0", ["E2003"])


def test_a_cancelled_certificate_frees_the_machine(national):
    _, plain_id = assign(national, provinceNum="110000", certNum="京A-T202400001")
    national.call("gj", aggregation(plain_id))
    national.call("update", {"zzeCertID": aggregation("")["zzeCertID"], "certState": "04", "operateType": "05"})
    assert national.call("fm", fm_record())[0] == "1"


def test_a_known_company_must_have_its_own_name_and_an_unknown_one_may_have_any(national):
    assert national.call("check", fm_record(companyName="别的公司"))[:2] == ("0", ["E2004"])
    assert national.call("check", fm_record(companyName="别的公司", creditCode="91150100MA0Q000000"))[:2] == ("1", [])


def test_a_licence_expired_when_the_machine_was_made_is_refused(national):
    assert national.call("check", fm_record(manufactureDate="2025-01-01"))[:2] == ("0", ["E2005"])
    assert national.call("check", fm_record(manufactureDate="2024-12-31"))[:2] == ("1", [])
    assert national.call("check", fm_record(manufactureDate="2025-01-01", licenceNumber="国制-老式编号"))[:2] == ("1", [])


def test_a_second_number_for_the_same_machine_and_owner_is_warned_of(national):
    assign(national)
    assert national.call("check", fm_record(certNum="蒙AA-T202500002"))[::2] == ("2", ["W2001"])
    assert national.call("check", fm_record(certNum="蒙AA-T202500002", associatedZzeCertID="1.2.3"))[::2] == ("1", [])


def test_check_needs_only_machine_and_owner_and_has_no_effect(national):
    record = fm_record(**dict.fromkeys(("eCertID", "certNum", "issuDate", "licenceNumber", "technicalParameters")))
    assert national.call("check", record)[:2] == ("1", [])
    assert national.effects() == {"fm": [], "gj": [], "update": []}


def test_a_certificate_is_aggregated_once(national):
    record, plain_id = assign(national)
    code, _, _, success = national.call("gj", aggregation(plain_id))
    earlier = {"eCertID": record["eCertID"], "ID": plain_id, "zzeCertID": aggregation("")["zzeCertID"]}
    assert (code, success) == ("1", [earlier])
    code, errors, _, success = national.call("gj", aggregation(plain_id))
    assert (code, errors) == ("0", ["E3003"])
    assert success == [earlier | {"url": "https://crane.example/preview/1"}]
    assert [effect["certNum"] for effect in national.effects()["gj"]] == [record["certNum"]]


def test_neither_a_code_nor_an_identifier_is_aggregated_a_second_time(national):
    """Later changes of state use `update`, and no new 归集."""
    record, plain_id = assign(national)
    national.call("gj", aggregation(plain_id))
    assert national.call("gj", aggregation(plain_id, zzeCertID="1.2.156.3005.2.X.002.S")) == ("0", ["E3003"], [], [])
    _, recoded = assign(national, certNum=record["certNum"], eCertID=secrets.token_hex(16))
    assert national.call("gj", aggregation(recoded)) == ("0", ["E3003"], [], [])
    assert len(national.effects()["gj"]) == 1


def test_an_unknown_id_is_not_aggregated(national):
    assert national.call("gj", aggregation(secrets.token_hex(16)))[:2] == ("0", ["E3001"])


def test_an_identifier_of_another_certificate_is_not_aggregated(national):
    _, first = assign(national)
    _, second = assign(national, certNum="蒙AA-T202500002", factoryNumber="ZL-0002")
    national.call("gj", aggregation(first))
    assert national.call("gj", aggregation(second))[:2] == ("0", ["E3004"])


@pytest.mark.parametrize(("changes", "warning"), [({"url": "http://crane.example/1"}, "W3001"), ({"companyName": "测试公司"}, "W3002")])
def test_a_questionable_aggregation_is_done_with_a_warning(national, changes, warning):
    _, plain_id = assign(national)
    assert national.call("gj", aggregation(plain_id, **changes))[:3] == ("2", [], [warning])
    assert len(national.effects()["gj"]) == 1


def test_a_state_is_updated_for_an_aggregated_certificate_only(national):
    _, plain_id = assign(national)
    update = {"zzeCertID": aggregation("")["zzeCertID"], "certState": "02", "operateType": "03"}
    assert national.call("update", update)[:2] == ("0", ["E4001"])
    national.call("gj", aggregation(plain_id))
    assert national.call("update", update)[0] == "1"
    assert [effect["certState"] for effect in national.effects()["update"]] == ["02"]


def test_state_99_needs_a_description(national):
    _, plain_id = assign(national)
    national.call("gj", aggregation(plain_id))
    update = {"zzeCertID": aggregation("")["zzeCertID"], "certState": "99", "operateType": "07"}
    assert national.call("update", update)[:2] == ("0", ["E1001"])
    assert national.call("update", update | {"certStatusDescription": "司法冻结"})[0] == "1"


def test_everything_received_is_kept_and_can_be_filtered(national):
    assign(national)
    national.call("check", fm_record(certNum="蒙AA-T202500009", factoryNumber="ZL-9"))
    national.call("fm", {})
    assert [(row["kind"], row["effect"]) for row in national.ask("/received")] == [("fm", True), ("check", False), ("fm", False)]
    assert len(national.ask("/received", kind="fm")) == 2
    kept = national.ask("/received", certNum="蒙AA-T202500009")
    assert [row["answer"]["ReturnCode"] for row in kept] == ["1"]
    assert national.ask("/received", companyName="没有") == []


@pytest.mark.parametrize("change", ["DELETE FROM received", "UPDATE received SET effect = 0"])
def test_what_was_received_cannot_be_changed(national, tmp_path, change):
    assign(national)
    with (
        contextlib.closing(sqlite3.connect(tmp_path / "state" / "national.sqlite")) as books,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        books.execute(change)


def test_calls_beyond_the_rate_get_429_without_effect(tmp_path):
    clock = [datetime(2025, 6, 1, tzinfo=UTC)]
    running = sandbox.start(tmp_path, national=sandbox.NationalSettings(rate=2), now=lambda: clock[0])
    with NationalClient(running.national) as national:
        statuses = [national.send("fm", fm_record()) for _ in range(3)]
        assert [answer.status_code for answer in statuses] == [200, 200, 429]
        assert statuses[2].headers["Retry-After"] == "1"
        assert len(national.effects()["fm"]) == 2
        clock[0] += timedelta(seconds=1)
        assert national.send("check", fm_record()).status_code == 200
    running.stop()


def test_of_many_at_once_with_one_ecertid_exactly_one_has_the_effect(running):
    record, codes = fm_record(), []

    def send():
        with NationalClient(running.national) as national:
            codes.append(national.call("fm", record)[0])

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["0"] * 7 + ["1"]


def test_the_books_survive_a_restart(tmp_path):
    first = sandbox.start(tmp_path)
    with NationalClient(first.national) as national:
        record, plain_id = assign(national)
        token = national.token
    first.stop()
    second = sandbox.start(tmp_path)
    with NationalClient(second.national) as national:
        national.token = token
        assert national.call("fm", record)[1] == ["E2006"]
        assert national.call("gj", aggregation(plain_id))[0] == "1"
        assert [row["kind"] for row in national.ask("/received")] == ["fm", "fm", "gj"]
    second.stop()


def test_every_code_of_the_table_is_stable_and_has_a_sentence():
    assert all(code[0] in "EW" and len(code) == 5 and sentence for code, sentence in CODES.items())
