"""Bootmend's function app: its table of contents.

The settings are read first: wrong or missing ones stop the app here, all named at once. Then who asks (triggers), when
(orchestrators) and what (activities). Start reading at orchestrators/repair_vm.py.
"""

import azure.functions as func
from azure.durable_functions import DFApp

import activities.functions
import orchestrators.functions
import triggers.alerts
import triggers.console
import triggers.events
import triggers.evidence
import triggers.openapi
import triggers.repairs
import triggers.subscriptions
import triggers.sweep
import triggers.triage
from bootmend.settings import settings

settings()

app = DFApp(http_auth_level=func.AuthLevel.FUNCTION)
app.register_functions(triggers.repairs.blueprint)
app.register_functions(triggers.evidence.blueprint)
app.register_functions(triggers.events.blueprint)
app.register_functions(triggers.alerts.blueprint)
app.register_functions(triggers.subscriptions.blueprint)
app.register_functions(triggers.openapi.blueprint)
app.register_functions(triggers.console.blueprint)
app.register_functions(triggers.triage.blueprint)
app.register_functions(triggers.sweep.blueprint)
app.register_functions(orchestrators.functions.blueprint)
app.register_functions(activities.functions.blueprint)
