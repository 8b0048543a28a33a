"""An installation of the product for each test, on both databases."""

import pytest
from office import Office, furnished


@pytest.fixture
def office(new_address, tmp_path, clock, request):
    """Patient with a busy machine, unless a platform is to keep silent."""
    given = getattr(request.node, "callspec", None)
    patience = "0.5" if given is not None and given.params.get("mode") == "silence" else "5"
    with Office(new_address(furnished), tmp_path, clock, CRANE_READ_SECONDS=patience) as opened:
        yield opened
