"""A simulated Azure: Resource Manager over HTTP for the operations that the product uses."""

from sandbox.azure.control import VmControl, VmState
from sandbox.azure.simulator import AzureSimulator, Resource, TraceRow
from sandbox.azure.world import BackupSpec, FaultSpec, LockSpec, SourceSpec, WorldSpec

__all__ = [
    "AzureSimulator",
    "BackupSpec",
    "FaultSpec",
    "LockSpec",
    "Resource",
    "SourceSpec",
    "TraceRow",
    "VmControl",
    "VmState",
    "WorldSpec",
]
