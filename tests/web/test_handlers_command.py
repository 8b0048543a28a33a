"""`crane handlers`: what a diagram's author needs to know of what service tasks may call."""

from dataclasses import dataclass
from datetime import date, datetime

import pytest
from desk import Desk

from workflow_runtime.handler_types import fits, type_words


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "desk")


def test_each_handler_has_parameters_results_errors_and_a_safe_second_attempt(desk):
    """As data: nothing of it has to be looked up in Python; no database is made."""
    told = {handler["name"]: handler for handler in desk.data("handlers")["handlers"]}
    prepare = told["certificate.prepare"]
    assert {"name": "authority", "type": {"zh": "文字", "en": "text"}, "required": True} in prepare["parameters"]
    assert {"name": "automatic_aggregation", "type": {"zh": "是否", "en": "yes or no"}} in prepare["results"]
    assert "MACHINE_ALREADY_FILED" in prepare["errors"]
    assert (prepare["replay"], told["certificate.seal"]["replay"]) == ("local", "inquire")
    assert all(handler["about"] and handler["again"]["zh"] for handler in told.values())
    assert not desk.path.exists()


def test_one_handler_in_detail(desk):
    """Its whole description, with types and errors."""
    said = desk.crane("handlers", "certificate.assign_code").out
    for words in ("certificate_no", "文字 text", "是 yes", "qr_text", "CODE_REFUSED", "先向对方查询", "尝试 attempts"):
        assert words in said
    assert [h["name"] for h in desk.data("handlers", "notify")["handlers"]] == ["notify"]


def test_an_unknown_handler_is_told_with_the_nearest(desk):
    said = desk.run("handlers", "certificate.assigncode")
    assert (said.status, "certificate.assign_code" in said.err, "HANDLER_UNKNOWN" in said.err) == (1, True, True)


def test_element_templates_name_the_handler_and_its_parameters(desk):
    """What a desktop modeler offers to choose; a task made from one says topic, parameters and result variable."""
    [template] = desk.crane("handlers", "certificate.check", "--element-templates").json
    bound = {p["binding"]["name"]: p for p in template["properties"]}
    assert (bound["camunda:type"]["value"], bound["camunda:topic"]["value"]) == ("external", "certificate.check")
    assert bound["filing"]["constraints"] == {"notEmpty": True}
    assert "camunda:resultVariable" in bound
    ids = [each["id"] for each in desk.crane("handlers", "--element-templates").json]
    assert len(ids) == len(set(ids)) == len(desk.data("handlers")["handlers"])


@dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("annotation", "words", "fitting", "other"),
    [
        (str, "text", "a", 1),
        (bool, "yes or no", True, 1),
        (int, "whole number", 1, True),
        (float, "number", 1, "1"),
        (datetime | None, "date or null", None, 5),
        (date, "date", "2026-01-01", 5),
        (tuple[str, ...], "list", ["a"], "a"),
        (dict[str, object], "object", {}, []),
        (Point, "object", {"x": 1}, None),
    ],
)
def test_types_are_told_in_words_and_held(annotation, words, fitting, other):
    assert type_words(annotation).en == words
    assert fits(fitting, annotation)
    assert not fits(other, annotation)
