"""An installation of the product for each test, on both databases."""

import pytest
from office import Office

from web.composition import HISTORIES


@pytest.fixture
def office(new_address, tmp_path, clock):
    with Office(new_address(*HISTORIES), tmp_path, clock) as opened:
        yield opened
