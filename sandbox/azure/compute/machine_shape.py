"""How Compute shows a VM (Virtual Machines - Get, Instance View)."""

from datetime import datetime, timedelta

from sandbox.azure.compute.machine import DataSlot, Machine, NicSlot, OsSlot
from sandbox.azure.compute.windows_images import RELEASES
from sandbox.azure.wire import Json, second, stamp

_PROVISIONING = {"Creating": "creating", "Updating": "updating", "Deleting": "deleting", "Succeeded": "succeeded"}


def machine_shape(machine: Machine, now: datetime, *, instance_view: bool = False) -> Json:
    """The body of a GET or of a PUT's answer."""
    body: Json = {
        "name": machine.name,
        "id": machine.id,
        "type": "Microsoft.Compute/virtualMachines",
        "location": machine.location,
        "tags": dict(machine.tags),
    }
    if machine.zone is not None:
        body["zones"] = [machine.zone]
    properties: Json = {
        "hardwareProfile": {"vmSize": machine.size},
        "provisioningState": machine.provisioning,
        "vmId": machine.vm_id,
        "storageProfile": storage_shape(machine.os_disk, machine.data_disks, machine.image, machine.controller),
        "osProfile": _os_profile(machine),
        "securityProfile": _security(machine.security),
        "networkProfile": {
            "networkInterfaces": [_nic(slot, primary=n == 0) for n, slot in enumerate(machine.nics)],
        },
        "timeCreated": stamp(machine.created_at),
    }
    if machine.boot_diagnostics:
        properties["diagnosticsProfile"] = {"bootDiagnostics": {"enabled": True}}
    if machine.security == "ConfidentialVM":
        disk = properties["storageProfile"]["osDisk"]["managedDisk"]
        disk["securityProfile"] = {"securityEncryptionType": "VMGuestStateOnly"}
    if instance_view:
        properties["instanceView"] = instance_view_shape(machine, now)
    body["properties"] = properties
    body["etag"] = f'"{machine.etag}"'
    if machine.encrypted_by_ade:
        body["resources"] = [_ade_extension(machine)]
    return body


def storage_shape(os_disk: OsSlot, data_disks: list[DataSlot], image: Json, controller: str) -> Json:
    """The storage profile, as a VM with these disks shows it."""
    shown: Json = {
        "osType": "Windows",
        "name": os_disk.name,
        "createOption": os_disk.create_option,
        "caching": os_disk.caching,
        "managedDisk": {"storageAccountType": os_disk.sku, "id": os_disk.disk_id},
        "deleteOption": os_disk.delete_option,
        "diskSizeGB": os_disk.size_gb,
    }
    if os_disk.ephemeral:
        shown["diffDiskSettings"] = {"option": "Local", "placement": "CacheDisk"}
    return {
        "imageReference": dict(image),
        "osDisk": shown,
        "dataDisks": [_data_disk(slot) for slot in sorted(data_disks, key=lambda slot: slot.lun)],
        "diskControllerType": controller,
    }


def instance_view_shape(machine: Machine, now: datetime) -> Json:
    """The instance view. It must be told after the machine has caught up with `now`."""
    view: Json = {}
    agent = _agent(machine, now)
    if agent is not None and agent["statuses"][0]["displayStatus"] == "Ready":
        release = RELEASES[machine.os]
        view["computerName"] = machine.computer_name
        view["osName"] = release.os_name
        view["osVersion"] = release.build
    if agent is not None:
        view["vmAgent"] = agent
    names = [machine.os_disk.name, *(slot.name for slot in machine.data_disks)]
    view["disks"] = [{"name": name, "statuses": [_provisioned("succeeded", machine.provisioned_at)]} for name in names]
    if machine.encrypted_by_ade:
        view["disks"][0]["statuses"].append(
            {"code": "EncryptionState/encrypted", "level": "Info", "displayStatus": "Disk is encrypted"}
        )
    view["hyperVGeneration"] = machine.generation
    if machine.boot_diagnostics:
        # Under managed storage the view names no blobs (Azure boot diagnostics): ask retrieveBootDiagnosticsData.
        view["bootDiagnostics"] = {}
    view["statuses"] = [
        _provisioned(_PROVISIONING.get(machine.provisioning, f"failed/{machine.failure}"), machine.provisioned_at),
        {"code": f"PowerState/{machine.power}", "level": "Info", "displayStatus": f"VM {machine.power}"},
    ]
    return view


def _agent(machine: Machine, now: datetime) -> Json | None:
    if not machine.is_on:
        return None
    if machine.agent_ready(now) and machine.agent.ready_from is not None:
        return _ready(max(machine.agent.ready_from, now - timedelta(seconds=5)))
    if machine.stale_agent and machine.agent.last_ready is not None:
        return _ready(machine.agent.last_ready)
    status = {
        "code": "ProvisioningState/Unavailable",
        "level": "Warning",
        "displayStatus": "Not Ready",
        "message": "VM status blob is found but not yet populated.",
        "time": second(max(machine.powered_at, now - timedelta(seconds=5))),
    }
    return {"vmAgentVersion": "Unknown", "statuses": [status]}


def _ready(moment: datetime) -> Json:
    status = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": "GuestAgent is running and processing the extensions.",
        "time": second(moment),
    }
    return {"vmAgentVersion": "2.7.41491.1131", "statuses": [status], "extensionHandlers": []}


def _provisioned(state: str, moment: datetime) -> Json:
    failed = state.startswith("failed")
    return {
        "code": f"ProvisioningState/{state}",
        "level": "Error" if failed else "Info",
        "displayStatus": "Provisioning failed"
        if failed
        else f"Provisioning {state}"
        if state == "succeeded"
        else state.title(),
        "time": stamp(moment),
    }


def _data_disk(slot: DataSlot) -> Json:
    return {
        "lun": slot.lun,
        "name": slot.name,
        "createOption": "Attach",
        "caching": slot.caching,
        "managedDisk": {"storageAccountType": slot.sku, "id": slot.disk_id},
        "deleteOption": slot.delete_option,
        "diskSizeGB": slot.size_gb,
        "toBeDetached": False,
    }


def _nic(slot: NicSlot, *, primary: bool) -> Json:
    """A network interface that was given by its id alone is shown by its id alone."""
    if slot.delete_option == "Detach":
        return {"id": slot.id}
    return {"id": slot.id, "properties": {"primary": primary, "deleteOption": slot.delete_option}}


def _os_profile(machine: Machine) -> Json:
    return {
        "computerName": machine.computer_name,
        "adminUsername": machine.admin,
        "windowsConfiguration": {
            "provisionVMAgent": True,
            "enableAutomaticUpdates": machine.patch_mode == "AutomaticByOS",
            "patchSettings": {"patchMode": machine.patch_mode, "assessmentMode": "ImageDefault"},
            "enableVMAgentPlatformUpdates": False,
        },
        "secrets": [],
        "allowExtensionOperations": True,
        "requireGuestProvisionSignal": True,
    }


def _security(kind: str) -> Json:
    if kind == "Standard":
        return {"securityType": "Standard"}
    return {"uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True}, "securityType": kind}


def _ade_extension(machine: Machine) -> Json:
    return {
        "name": "AzureDiskEncryption",
        "id": f"{machine.id}/extensions/AzureDiskEncryption",
        "type": "Microsoft.Compute/virtualMachines/extensions",
        "location": machine.location,
        "properties": {
            "autoUpgradeMinorVersion": True,
            "provisioningState": "Succeeded",
            "publisher": "Microsoft.Azure.Security",
            "type": "AzureDiskEncryption",
            "typeHandlerVersion": "2.2",
        },
    }
