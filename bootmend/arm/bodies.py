"""The bodies of our writes, as the SDK's own typed models. Imports azure-mgmt-compute, like pipeline.py."""

from azure.mgmt.compute import models

from bootmend.arm.records import CopyOrder, RepairVmOrder, RunCommandOrder, SnapshotOrder, snapshot_sku
from bootmend.models.azure import ImageRef
from bootmend.names import ResourceId, nic_name, os_disk_name


def snapshot(order: SnapshotOrder) -> models.Snapshot:
    """A full snapshot: an incremental one always lives on Standard HDD (Create an incremental snapshot)."""
    return models.Snapshot(
        location=order.location,
        tags=order.tags,
        sku=models.SnapshotSku(name=snapshot_sku(order.disk_sku)),
        properties=models.SnapshotProperties(
            creation_data=models.CreationData(create_option="Copy", source_resource_id=order.source_disk_id),
            incremental=False,
        ),
    )


def copied_disk(order: CopyOrder) -> models.Disk:
    """It inherits generation and security type from the snapshot, and Azure rejects being told them."""
    return models.Disk(
        location=order.location,
        zones=[order.zone] if order.zone else None,
        tags=order.tags,
        sku=models.DiskSku(name=order.sku),
        properties=models.DiskProperties(
            creation_data=models.CreationData(create_option="Copy", source_resource_id=order.snapshot_id)
        ),
    )


def attach(disk_id: str, lun: int) -> models.AttachDetachDataDisksRequest:
    """`deleteOption` is said: the copy must outlive the repair VM."""
    disk = models.DataDisksToAttach(disk_id=disk_id, lun=lun, caching="None", delete_option="Detach")
    return models.AttachDetachDataDisksRequest(data_disks_to_attach=[disk])


def detach(disk_id: str) -> models.AttachDetachDataDisksRequest:
    return models.AttachDetachDataDisksRequest(data_disks_to_detach=[models.DataDisksToDetach(disk_id=disk_id)])


def run_command(order: RunCommandOrder, protected: dict[str, str]) -> models.VirtualMachineRunCommand:
    """`asyncExecution`: provisioning ends when the script starts, not when it ends."""
    return models.VirtualMachineRunCommand(
        location=order.location,
        tags=order.tags,
        properties=models.VirtualMachineRunCommandProperties(
            source=models.VirtualMachineRunCommandScriptSource(script=order.script),
            parameters=_inputs(order.parameters),
            protected_parameters=_inputs(protected),
            async_execution=True,
            timeout_in_seconds=order.timeout_seconds,
            treat_failure_as_deployment_failure=False,
        ),
    )


def repair_vm(order: RepairVmOrder, password: str) -> models.VirtualMachine:
    """One body that makes the VM, its NIC and its OS disk; deleting the VM deletes them too."""
    name = ResourceId.parse(order.id).name
    return models.VirtualMachine(
        location=order.location,
        zones=[order.zone] if order.zone else None,
        tags=order.tags,
        properties=models.VirtualMachineProperties(
            hardware_profile=models.HardwareProfile(vm_size=order.size),
            storage_profile=_storage(order.image, os_disk_name(name)),
            os_profile=_windows(name, order.admin_username, password),
            network_profile=_network(order, nic_name(name)),
            security_profile=_trusted_launch() if order.security_type == "TrustedLaunch" else None,
            diagnostics_profile=models.DiagnosticsProfile(boot_diagnostics=models.BootDiagnostics(enabled=True)),
        ),
    )


def _inputs(values: dict[str, str]) -> list[models.RunCommandInputParameter]:
    return [models.RunCommandInputParameter(name=name, value=value) for name, value in values.items()]


def _storage(image: ImageRef, disk_name: str) -> models.StorageProfile:
    return models.StorageProfile(
        image_reference=models.ImageReference(
            publisher=image.publisher, offer=image.offer, sku=image.sku, version="latest"
        ),
        os_disk=models.OSDisk(
            name=disk_name,
            create_option="FromImage",
            delete_option="Delete",
            caching="ReadWrite",
            managed_disk=models.ManagedDiskParameters(storage_account_type="StandardSSD_LRS"),
        ),
    )


def _windows(computer_name: str, admin_username: str, password: str) -> models.OSProfile:
    """Automatic updates off: one that restarts the repair VM would end a script half-way."""
    return models.OSProfile(
        computer_name=computer_name,
        admin_username=admin_username,
        admin_password=password,
        windows_configuration=models.WindowsConfiguration(
            provision_vm_agent=True,
            enable_automatic_updates=False,
            patch_settings=models.PatchSettings(patch_mode="Manual"),
        ),
    )


def _network(order: RepairVmOrder, name: str) -> models.NetworkProfile:
    """An inline NIC without a public address (Virtual Machines - Create Or Update, networkInterfaceConfigurations)."""
    address = models.VirtualMachineNetworkInterfaceIPConfiguration(
        name=name,
        properties=models.VirtualMachineNetworkInterfaceIPConfigurationProperties(
            subnet=models.SubResource(id=order.subnet_id), primary=True, private_ip_address_version="IPv4"
        ),
    )
    nic = models.VirtualMachineNetworkInterfaceConfiguration(
        name=name,
        tags=order.tags,
        properties=models.VirtualMachineNetworkInterfaceConfigurationProperties(
            primary=True, delete_option="Delete", ip_configurations=[address]
        ),
    )
    return models.NetworkProfile(network_api_version="2022-11-01", network_interface_configurations=[nic])


def _trusted_launch() -> models.SecurityProfile:
    uefi = models.UefiSettings(secure_boot_enabled=True, v_tpm_enabled=True)
    return models.SecurityProfile(security_type="TrustedLaunch", uefi_settings=uefi)
