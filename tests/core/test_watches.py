"""When an operation is looked at for the first time."""

import pytest

from bootmend.models.azure import Operation
from bootmend.models.watches import first_look
from tests.core.facts import VM_ID


@pytest.mark.parametrize(
    ("name", "asked", "seconds"),
    [
        pytest.param("Microsoft.Compute/snapshots/write", None, 1, id="a snapshot is done at once"),
        pytest.param("Microsoft.Compute/snapshots/write", 10, 10, id="never earlier than Azure asks"),
        pytest.param("Microsoft.Compute/virtualMachines/deallocate/action", 5, 20, id="later, where it takes its time"),
        pytest.param("Microsoft.Compute/somethings/write", None, 5, id="what is not known"),
    ],
)
def test_first_look(name: str, asked: float | None, seconds: float) -> None:
    operation = Operation(name=name, resource_id=VM_ID, method="PUT", resource_url="https://x", retry_after=asked)
    assert first_look(operation) == seconds
