"""The role table: which party a lane may belong to."""

import pytest

from registry.lanes import set_lane
from registry.parties import Lane
from workflow_runtime.errors import Invalid


@pytest.mark.parametrize("expression", ["owner", "system", "authority", "authority.parent", "authority/新设的科"])
def test_a_lane_belongs_to_a_party_of_the_trade(bench, expression):
    """Also to a department that no authority has yet."""
    with bench.runtime.transaction() as uow:
        assert set_lane(uow.connection, Lane("新泳道", "reviewer", expression)).act == "lane.added"


@pytest.mark.parametrize("expression", ["", "deputy", "authorty", "authorty/质量安全科", "authority:11150100MB0000001L"])
def test_a_lane_of_another_party_is_refused(bench, expression):
    """A slip of the pen would else be found when somebody files."""
    with pytest.raises(Invalid) as caught, bench.runtime.transaction() as uow:
        set_lane(uow.connection, Lane("新泳道", "reviewer", expression))
    assert [error.field for error in caught.value.fields] == ["party"]
