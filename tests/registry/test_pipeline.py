"""A certificate's way in four stages."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from registry.certificates import Certificate
from registry.exchanges import Exchange
from registry.pipeline import AGAIN, SEALING, pipeline
from workflow_runtime.errors import Text

BEGAN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DRAFT = Certificate("1", "蒙AA-T202600001", "i", "e", "o", "a", {}, drafted_at=BEGAN)
CODED = replace(DRAFT, coded_at=BEGAN + timedelta(hours=1))
REQUESTED = replace(CODED, seal_request="r", seal_requested_at=BEGAN + timedelta(hours=1))
FETCHED = replace(REQUESTED, sealed_at=BEGAN + timedelta(hours=2), verified=True, file_version=1)
ISSUED = replace(FETCHED, state="valid", issued_at=BEGAN + timedelta(hours=3))
AGGREGATED = replace(ISSUED, aggregated_at=BEGAN + timedelta(hours=4))
TROUBLE = Text("编号已存在", "number exists")


def call(platform, operation, outcome):
    return Exchange(1, platform, operation, "1", "k", BEGAN, {}, 200, "", outcome, 5)


def states(*given, **named):
    return " ".join(f"{s.key}:{s.state}" for s in pipeline(*given, **named))


def test_each_fact_moves_the_certificate_one_stage_on():
    """From the review to 归集; a seal counts when its file is verified and the certificate in force."""
    assert states(None, ()) == "review:current code:ahead seal:ahead aggregate:ahead"
    assert states(DRAFT, ()) == "review:done code:current seal:ahead aggregate:ahead"
    for certificate in (CODED, REQUESTED, FETCHED):
        assert states(certificate, ()) == "review:done code:done seal:current aggregate:ahead"
    assert states(ISSUED, ()) == "review:done code:done seal:done aggregate:current"
    assert states(AGGREGATED, ()) == "review:done code:done seal:done aggregate:done"
    assert [s.at for s in pipeline(AGGREGATED, ())] == [BEGAN + timedelta(hours=h) for h in (0, 1, 2, 4)]


def test_a_new_code_takes_the_seal_off():
    """The seal is asked for again."""
    again = replace(ISSUED, coded_at=BEGAN + timedelta(hours=5), sealed_at=None, verified=False)
    assert states(again, ()) == "review:done code:done seal:current aggregate:ahead"


def test_a_case_sent_back_is_under_review_again():
    """Whatever its certificate in preparation has behind it; one that is aggregated stays so."""
    assert states(CODED, (), issuing=False) == "review:current code:ahead seal:ahead aggregate:ahead"
    assert states(AGGREGATED, (), issuing=False).endswith("aggregate:done")


def test_trouble_stands_where_the_certificate_is():
    """With the words that a person has to read."""
    stages = pipeline(DRAFT, (), trouble=TROUBLE)
    assert [(s.state, s.message) for s in stages[:3]] == [("done", None), ("trouble", TROUBLE), ("ahead", None)]


def test_attempts_are_the_calls_of_the_push_log():
    """Each counted at its own stage; while no answer is known, that is said."""
    log = [call("national", "check", "accepted"), call("national", "fm", "transient"), call("national", "fm", "unknown")]
    code = pipeline(DRAFT, log)[1]
    assert (code.attempts, code.message) == (2, AGAIN)
    seal = pipeline(REQUESTED, [*log, call("provincial", "seal", "accepted")])[2]
    assert (seal.attempts, seal.message) == (1, SEALING)
    assert pipeline(REQUESTED, log)[1].message is None


def test_warnings_of_the_national_platform_stay_to_be_read():
    """Accepted with remarks is done, with the remarks."""
    warning = {"message": {"zh": "地址过长", "en": "address too long"}}
    last = pipeline(replace(AGGREGATED, aggregation_warnings=[warning]), ())[3]
    assert (last.state, last.message) == (
        "done",
        Text("全国平台已接收，并有提示：地址过长", "Accepted by the national platform, with remarks: address too long"),
    )
