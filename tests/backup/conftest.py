"""The adapter's tests talk to a local Azure as those of `tests.arm` do."""

from tests.arm.conftest import anyio_backend, arm, azure

__all__ = ["anyio_backend", "arm", "azure"]
