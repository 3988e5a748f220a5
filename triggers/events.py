"""Event Grid's health events, of the system topic microsoft.resourcenotifications.healthresources, in either schema.

The handshake with Event Grid is the host's. What does not count is answered like the rest: a refused event would be dead-lettered.
"""

import azure.functions as func
from azure.durable_functions import Blueprint, DurableFunctionsClient

from bootmend.events import read_event
from triggers.triage import take
from triggers.views import utc

blueprint = Blueprint()


async def on_vm_health_event(event: func.EventGridEvent, client: DurableFunctionsClient) -> None:
    """Starts the triage of the VM that an event is about, if the event counts. The SDK hands over a CloudEvent where one came."""
    when = event.time if isinstance(event, func.CloudEvent) else event.event_time
    kind = event.type if isinstance(event, func.CloudEvent) else event.event_type
    await take(client, read_event(str(kind or ""), event.get_json(), utc(when) if when else None))


blueprint.durable_client_input(client_name="client")(blueprint.event_grid_trigger(arg_name="event")(on_vm_health_event))
