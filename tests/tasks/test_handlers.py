"""Every handler's success, in the order in which a filing meets them."""

from offices import AUTHORITY, FILING, OWNER, OWNER_NAME

from registry import tables


def test_a_filing_goes_all_the_way_to_aggregation(office):
    authority = f"authority:{AUTHORITY}"
    assert office.local("filing.precheck", filing=FILING, authority=authority) == {"blocked": False, "findings": []}
    assert office.once("certificate.check", filing=FILING, authority=authority) == {"blocked": False, "findings": []}
    number = office.issued()
    done = office.once("certificate.aggregate", token="gj", certificate_no=number)
    assert done["return_code"] == "2"
    assert [w["code"] for w in done["warnings"]] == ["NATIONAL_W3001"]
    certificate = office.certificate()
    assert (certificate.state, certificate.verified) == ("valid", True)
    assert certificate.aggregated_at is not None
    [aggregated] = office.national.effects("gj")
    assert aggregated["ID"] == certificate.qr_text
    assert aggregated["zzeCertID"] == certificate.identifier
    assert aggregated["url"] == f"http://127.0.0.1:9/preview/{certificate.verification_code}"
    assert len(office.national.effects("fm")) == len(office.provincial.effects("seal")) == 1


def test_a_draft_carries_what_the_face_and_the_next_steps_need(office):
    draft = office.local("certificate.prepare", filing=FILING, authority=AUTHORITY)
    assert draft["number"].startswith("蒙AA-T")
    assert draft["face"]["owner_name"] == OWNER_NAME
    assert draft["face"]["category"] == "塔式起重机"
    assert draft["authority"] == {"code": AUTHORITY, "name": "呼和浩特市住房和城乡建设局"}
    assert (draft["version"], draft["operation"], draft["replaces"], draft["automatic_aggregation"]) == (1, "new", None, False)
    assert draft["owner"] == {"code": OWNER, "name": OWNER_NAME}
    assert len(draft["face"]) == 12


def test_a_note_is_left_for_a_party_once(office):
    for _ in range(2):
        assert office.local("notify", to="owner", text="已归集") == {"notified": True}
    assert [(row.party, row.text) for row in office.rows(tables.notification)] == [("owner:91150100MA0N000000", "已归集")]


def test_the_authority_that_the_diagram_names_is_no_missing_answer(office):
    """A business whose form asks for it elsewhere, or not at all."""
    filing = {key: value for key, value in FILING.items() if key != "authority"}
    assert not office.local("filing.precheck", filing=filing, authority=f"authority:{AUTHORITY}")["blocked"]
