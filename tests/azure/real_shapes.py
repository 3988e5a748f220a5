"""Which keys real answers of Resource Manager have: status, headers that matter, and every leaf of the body.

Read off public recordings of Azure's own tools. `[]` stands for the elements of a list.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RealAnswer:
    """One real answer. `headers` are lower-case, those alone that the recordings keep."""

    status: int
    headers: frozenset[str]
    leaves: frozenset[str]


def _answer(status: int, headers: str, leaves: str = "") -> RealAnswer:
    return RealAnswer(status, frozenset(headers.split()), frozenset(leaves.split()))


_REMAINING = "x-ms-ratelimit-remaining"

REAL_ANSWERS = {
    "vm-get-windows-instanceview": _answer(
        200,
        f"{_REMAINING}-resource",
        """
        id identity.principalId identity.tenantId identity.type location name properties.hardwareProfile.vmSize
        properties.instanceView.disks[].name properties.instanceView.disks[].statuses[].code
        properties.instanceView.disks[].statuses[].displayStatus properties.instanceView.disks[].statuses[].level
        properties.instanceView.disks[].statuses[].time properties.instanceView.hyperVGeneration
        properties.instanceView.statuses[].code properties.instanceView.statuses[].displayStatus
        properties.instanceView.statuses[].level properties.instanceView.statuses[].time
        properties.instanceView.vmAgent.statuses[].code properties.instanceView.vmAgent.statuses[].displayStatus
        properties.instanceView.vmAgent.statuses[].level properties.instanceView.vmAgent.statuses[].message
        properties.instanceView.vmAgent.statuses[].time properties.instanceView.vmAgent.vmAgentVersion
        properties.networkProfile.networkInterfaces[].id properties.osProfile.adminUsername
        properties.osProfile.allowExtensionOperations properties.osProfile.computerName
        properties.osProfile.requireGuestProvisionSignal properties.osProfile.secrets
        properties.osProfile.windowsConfiguration.enableAutomaticUpdates
        properties.osProfile.windowsConfiguration.enableVMAgentPlatformUpdates
        properties.osProfile.windowsConfiguration.patchSettings.assessmentMode
        properties.osProfile.windowsConfiguration.patchSettings.patchMode
        properties.osProfile.windowsConfiguration.provisionVMAgent properties.provisioningState
        properties.securityProfile.securityType properties.securityProfile.uefiSettings.secureBootEnabled
        properties.securityProfile.uefiSettings.vTpmEnabled properties.storageProfile.dataDisks
        properties.storageProfile.diskControllerType properties.storageProfile.imageReference.exactVersion
        properties.storageProfile.imageReference.offer properties.storageProfile.imageReference.publisher
        properties.storageProfile.imageReference.sku properties.storageProfile.imageReference.version
        properties.storageProfile.osDisk.caching properties.storageProfile.osDisk.createOption
        properties.storageProfile.osDisk.deleteOption properties.storageProfile.osDisk.diskSizeGB
        properties.storageProfile.osDisk.managedDisk.id
        properties.storageProfile.osDisk.managedDisk.storageAccountType properties.storageProfile.osDisk.name
        properties.storageProfile.osDisk.osType properties.timeCreated properties.vmId tags type
        """,
    ),
    "vm-get-linux": _answer(
        200,
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-reads",
        """
        etag id location name properties.hardwareProfile.vmSize properties.instanceView.computerName
        properties.instanceView.disks[].name properties.instanceView.disks[].statuses[].code
        properties.instanceView.disks[].statuses[].displayStatus properties.instanceView.disks[].statuses[].level
        properties.instanceView.disks[].statuses[].time properties.instanceView.hyperVGeneration
        properties.instanceView.osName properties.instanceView.osVersion properties.instanceView.statuses[].code
        properties.instanceView.statuses[].displayStatus properties.instanceView.statuses[].level
        properties.instanceView.statuses[].time properties.instanceView.vmAgent.extensionHandlers
        properties.instanceView.vmAgent.statuses[].code properties.instanceView.vmAgent.statuses[].displayStatus
        properties.instanceView.vmAgent.statuses[].level properties.instanceView.vmAgent.statuses[].message
        properties.instanceView.vmAgent.statuses[].time properties.instanceView.vmAgent.vmAgentVersion
        properties.networkProfile.networkInterfaces[].id properties.osProfile.adminUsername
        properties.osProfile.allowExtensionOperations properties.osProfile.computerName
        properties.osProfile.linuxConfiguration.disablePasswordAuthentication
        properties.osProfile.linuxConfiguration.patchSettings.assessmentMode
        properties.osProfile.linuxConfiguration.patchSettings.patchMode
        properties.osProfile.linuxConfiguration.provisionVMAgent
        properties.osProfile.linuxConfiguration.ssh.publicKeys[].keyData
        properties.osProfile.linuxConfiguration.ssh.publicKeys[].path properties.osProfile.requireGuestProvisionSignal
        properties.osProfile.secrets properties.provisioningState properties.securityProfile.securityType
        properties.storageProfile.dataDisks properties.storageProfile.imageReference.exactVersion
        properties.storageProfile.imageReference.offer properties.storageProfile.imageReference.publisher
        properties.storageProfile.imageReference.sku properties.storageProfile.imageReference.version
        properties.storageProfile.osDisk.caching properties.storageProfile.osDisk.createOption
        properties.storageProfile.osDisk.deleteOption properties.storageProfile.osDisk.diskSizeGB
        properties.storageProfile.osDisk.managedDisk.id
        properties.storageProfile.osDisk.managedDisk.storageAccountType properties.storageProfile.osDisk.name
        properties.storageProfile.osDisk.osType properties.timeCreated properties.vmId tags type
        """,
    ),
    "vm-put-200": _answer(
        200,
        f"azure-asyncnotification azure-asyncoperation etag "
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-writes {_REMAINING}-subscription-writes",
        """
        etag id identity.principalId identity.tenantId identity.type location name properties.hardwareProfile.vmSize
        properties.networkProfile.networkInterfaces[].id properties.osProfile.adminUsername
        properties.osProfile.allowExtensionOperations properties.osProfile.computerName
        properties.osProfile.linuxConfiguration.disablePasswordAuthentication
        properties.osProfile.linuxConfiguration.patchSettings.assessmentMode
        properties.osProfile.linuxConfiguration.patchSettings.patchMode
        properties.osProfile.linuxConfiguration.provisionVMAgent properties.osProfile.requireGuestProvisionSignal
        properties.osProfile.secrets properties.provisioningState properties.securityProfile.securityType
        properties.storageProfile.dataDisks[].caching properties.storageProfile.dataDisks[].createOption
        properties.storageProfile.dataDisks[].deleteOption properties.storageProfile.dataDisks[].diskSizeGB
        properties.storageProfile.dataDisks[].lun properties.storageProfile.dataDisks[].managedDisk.storageAccountType
        properties.storageProfile.dataDisks[].name properties.storageProfile.dataDisks[].toBeDetached
        properties.storageProfile.imageReference.exactVersion properties.storageProfile.imageReference.offer
        properties.storageProfile.imageReference.publisher properties.storageProfile.imageReference.sku
        properties.storageProfile.imageReference.version properties.storageProfile.osDisk.caching
        properties.storageProfile.osDisk.createOption properties.storageProfile.osDisk.deleteOption
        properties.storageProfile.osDisk.diskSizeGB properties.storageProfile.osDisk.managedDisk.id
        properties.storageProfile.osDisk.managedDisk.storageAccountType properties.storageProfile.osDisk.name
        properties.storageProfile.osDisk.osType properties.timeCreated properties.vmId resources[].id
        resources[].location resources[].name resources[].properties.autoUpgradeMinorVersion
        resources[].properties.provisioningState resources[].properties.publisher resources[].properties.settings.cfg
        resources[].properties.settings.system resources[].properties.type resources[].properties.typeHandlerVersion
        resources[].type tags type
        """,
    ),
    "vm-deallocate-202": _answer(
        202,
        f"azure-asyncnotification azure-asyncoperation location "
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-writes {_REMAINING}-subscription-writes",
    ),
    "vm-start-202": _answer(
        202,
        f"azure-asyncnotification azure-asyncoperation location "
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-writes {_REMAINING}-subscription-writes",
    ),
    "vm-poweroff-202": _answer(
        202,
        f"azure-asyncnotification azure-asyncoperation location "
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-writes {_REMAINING}-subscription-writes",
    ),
    "vm-delete-202": _answer(
        202,
        f"azure-asyncnotification azure-asyncoperation location "
        f"{_REMAINING}-resource {_REMAINING}-subscription-deletes",
    ),
    "disks-GET-200": _answer(
        200,
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-reads",
        """
        id location managedBy name properties.LastOwnershipUpdateTime properties.creationData.createOption
        properties.creationData.imageReference.id properties.diskIOPSReadWrite properties.diskMBpsReadWrite
        properties.diskSizeBytes properties.diskSizeGB properties.diskState properties.encryption.type
        properties.hyperVGeneration properties.networkAccessPolicy properties.osType properties.provisioningState
        properties.publicNetworkAccess properties.supportedCapabilities.acceleratedNetwork
        properties.supportedCapabilities.architecture properties.supportsHibernation properties.tier
        properties.timeCreated properties.uniqueId sku.name sku.tier tags type
        """,
    ),
    "disks-PUT-202": _answer(
        202,
        f"azure-asyncoperation location {_REMAINING}-resource {_REMAINING}-subscription-writes",
        """
        id location name properties.creationData.createOption properties.diskSizeGB properties.hyperVGeneration
        properties.maxShares properties.provisioningState sku.name tags type
        """,
    ),
    "disks-DELETE-202": _answer(
        202,
        f"azure-asyncoperation location {_REMAINING}-resource {_REMAINING}-subscription-deletes",
    ),
    "disks-DELETE-204": _answer(
        204,
        f"{_REMAINING}-subscription-deletes",
    ),
    "disks-DELETE-409": _answer(
        409,
        f"{_REMAINING}-resource {_REMAINING}-subscription-deletes",
        """
        error.code error.message
        """,
    ),
    "snapshots-GET-200": _answer(
        200,
        f"{_REMAINING}-resource",
        """
        id location name properties.creationData.createOption properties.diskAccessId properties.diskSizeBytes
        properties.diskSizeGB properties.diskState properties.encryption.type properties.hyperVGeneration
        properties.incremental properties.networkAccessPolicy properties.provisioningState properties.timeCreated
        properties.uniqueId sku.name sku.tier tags type
        """,
    ),
    "snapshots-PUT-202": _answer(
        202,
        f"azure-asyncoperation location {_REMAINING}-resource {_REMAINING}-subscription-writes",
        """
        id location name properties.creationData.createOption properties.diskSizeGB properties.provisioningState
        sku.name tags type
        """,
    ),
    "snapshots-DELETE-202": _answer(
        202,
        f"azure-asyncoperation location {_REMAINING}-resource {_REMAINING}-subscription-deletes",
    ),
    "snapshots-GET-404": _answer(
        404,
        "",
        """
        error.code error.message
        """,
    ),
    "operation-InProgress": _answer(
        200,
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-reads",
        """
        name startTime status
        """,
    ),
    "operation-Succeeded": _answer(
        200,
        f"{_REMAINING}-resource {_REMAINING}-subscription-global-reads",
        """
        endTime name startTime status
        """,
    ),
    "operation-Failed": _answer(
        200,
        f"{_REMAINING}-resource",
        """
        endTime error.code error.message name startTime status
        """,
    ),
    "diskoperation-InProgress": _answer(
        200,
        f"{_REMAINING}-resource",
        """
        name startTime status
        """,
    ),
    "diskoperation-Succeeded": _answer(
        200,
        f"{_REMAINING}-resource",
        """
        endTime name properties.output.id properties.output.location properties.output.name
        properties.output.properties.creationData.createOption properties.output.properties.diskSizeBytes
        properties.output.properties.diskSizeGB properties.output.properties.diskState
        properties.output.properties.encryption.type properties.output.properties.incremental
        properties.output.properties.networkAccessPolicy properties.output.properties.provisioningState
        properties.output.properties.publicNetworkAccess properties.output.properties.snapshotAccessState
        properties.output.properties.timeCreated properties.output.properties.uniqueId properties.output.sku.name
        properties.output.sku.tier properties.output.tags properties.output.type startTime status
        """,
    ),
}
