"""The scenarios that come with the diagrams, each played on the real engine."""

import pytest
from stages import SHIPPED, problems, stage

from web.cli.workspace import read_scenario_file, scenario_files
from workflow_runtime.scenarios.running import play

SCENARIOS = [scenario for path in scenario_files(SHIPPED) for scenario in read_scenario_file(path)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: f"{scenario.process}: {scenario.name}")
def test_a_scenario_goes_as_it_says(scenario):
    """Status words, path, waits, parameters and end are what the scenario expects."""
    assert problems(play(stage(SHIPPED, scenario.process), scenario)) == []
