"""What a VM needs of the network: the repair subnets, and network interfaces."""

from dataclasses import dataclass, field

from sandbox.azure.wire import Json


@dataclass(kw_only=True)
class Nic:
    """A network interface in a subnet."""

    id: str
    name: str
    group: str
    location: str
    subnet_id: str
    tags: dict[str, str] = field(default_factory=dict)
    made_by_caller: bool = False

    @property
    def key(self) -> str:
        return self.id.lower()

    def shape(self, machine_id: str | None) -> Json:
        """Network Interfaces - Get."""
        properties: Json = {
            "provisioningState": "Succeeded",
            "ipConfigurations": [
                {
                    "name": "ipconfig1",
                    "id": f"{self.id}/ipConfigurations/ipconfig1",
                    "type": "Microsoft.Network/networkInterfaces/ipConfigurations",
                    "properties": {
                        "provisioningState": "Succeeded",
                        "privateIPAddress": "10.0.0.4",
                        "privateIPAllocationMethod": "Dynamic",
                        "subnet": {"id": self.subnet_id},
                        "primary": True,
                    },
                }
            ],
        }
        if machine_id is not None:
            properties["virtualMachine"] = {"id": machine_id}
        return {
            "name": self.name,
            "id": self.id,
            "type": "Microsoft.Network/networkInterfaces",
            "location": self.location,
            "tags": dict(self.tags),
            "properties": properties,
        }


def subnet_shape(subnet_id: str) -> Json:
    """Subnets - Get."""
    return {
        "name": subnet_id.rsplit("/", 1)[1],
        "id": subnet_id,
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": {
            "provisioningState": "Succeeded",
            "addressPrefix": "10.0.0.0/26",
            "privateEndpointNetworkPolicies": "Disabled",
            "privateLinkServiceNetworkPolicies": "Enabled",
        },
    }
