"""A database that was restored from a backup: what its open jobs hold as not done may have been done since."""

import pytest
from drawings import one_job, started
from workbench import OPERATOR, OWNER

from workflow_runtime.errors import NotAllowed
from workflow_runtime.restored import mark_restored


def restored(bench, actor=OPERATOR):
    with bench.runtime.transaction() as uow:
        return mark_restored(uow, actor)


def test_an_open_job_asks_before_it_sends(bench):
    """What the backup has as its first attempt is a second one: it is found, and not made again."""
    case = started(bench, one_job())
    bench.outside.effects.append((f"{bench.case(case).number}-{bench.jobs(case)[0].token}", "v"))
    assert restored(bench) == 1
    bench.work()
    assert (bench.outside.inquiries, len(bench.outside.effects)) == (1, 1)
    assert bench.variables(case)["sent"]["inquired"]
    with bench.runtime.reading() as uow:
        assert uow.audit_rows.heads()["database"][0] == 1


def test_one_that_cannot_ask_becomes_an_incident(bench):
    case = started(bench, one_job("outside.manual"))
    restored(bench)
    assert bench.one_job() == "incident"
    assert [i.error["code"] for i in bench.incidents(case)] == ["OUTCOME_UNKNOWN"]


def test_only_who_operates_the_installation_says_so(bench):
    with pytest.raises(NotAllowed):
        restored(bench, OWNER)
