"""The function app's HTTP API, as a caller with a function key knows it. Nothing here knows the simulator."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

REAL_TIMEOUT_SECONDS = 60.0


class ApiError(Exception):
    """The app did not answer as it should; the message tells the request and the answer."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. `body` is the decoded JSON, None for an empty or other body."""

    status: int
    headers: dict[str, str]
    body: object
    text: str

    def mapping(self) -> dict[str, object]:
        """The body as a JSON object. Raises ApiError."""
        if not isinstance(self.body, dict):
            raise ApiError(f"expected a JSON object, got HTTP {self.status}: {self.text[:300]}")
        return self.body


class RepairApi:
    """Calls of one function app. Every answer comes back as a value, also a refusal; only a lost connection raises."""

    def __init__(self, url: str, key: str, system_key: str = "") -> None:
        self._address = urlsplit(url)
        self._key = key
        self._system_key = system_key
        self._connection: http.client.HTTPConnection | None = None

    def start(self, vm_id: str, policy: dict[str, object]) -> Answer:
        """POST /api/repairs."""
        return self.send("POST", "/api/repairs", {"vm_id": vm_id, "reason": "asked by the scenario", "policy": policy})

    def repairs_of(self, vm_id: str) -> Answer:
        """GET /api/repairs?vm_id=."""
        return self.send("GET", f"/api/repairs?{urlencode({'vm_id': vm_id})}")

    def repair(self, repair_id: str) -> Answer:
        """GET /api/repairs/{id}."""
        return self.send("GET", f"/api/repairs/{quote(repair_id, safe='')}")

    def result(self, repair_id: str) -> Answer:
        """GET /api/repairs/{id}/result: 202 until the repair has ended."""
        return self.send("GET", f"/api/repairs/{quote(repair_id, safe='')}/result")

    def evidence(self, repair_id: str, name: str) -> Answer:
        """GET /api/repairs/{id}/evidence/{name}."""
        return self.send("GET", f"/api/repairs/{quote(repair_id, safe='')}/evidence/{quote(name, safe='')}")

    def answer_checkpoint(self, repair_id: str, checkpoint_id: str, decision: dict[str, object]) -> Answer:
        """POST /api/repairs/{id}/checkpoints/{checkpoint_id}."""
        path = f"/api/repairs/{quote(repair_id, safe='')}/checkpoints/{quote(checkpoint_id, safe='')}"
        return self.send("POST", path, decision)

    def cancel(self, repair_id: str) -> Answer:
        """POST /api/repairs/{id}/cancel."""
        return self.send("POST", f"/api/repairs/{quote(repair_id, safe='')}/cancel", {})

    def post_alert(self, alert: dict[str, object]) -> Answer:
        """POST /api/alerts, as an action group does."""
        return self.send("POST", "/api/alerts", alert)

    def post_event(self, function: str, event: dict[str, object]) -> Answer:
        """Deliver one event in the CloudEvents schema to the host's Event Grid webhook, as Event Grid does."""
        path = f"/runtime/webhooks/EventGrid?{urlencode({'functionName': function, 'code': self._system_key})}"
        headers = {
            "aeg-event-type": "Notification",
            "Content-Type": "application/cloudevents-batch+json; charset=utf-8",
        }
        return self._send("POST", path, json.dumps([event]).encode(), headers)

    def send(self, method: str, path: str, body: object = None) -> Answer:
        """One request with the function key and a JSON body. Raises ApiError when the app cannot be reached."""
        headers = {"x-functions-key": self._key, "Accept": "application/json"}
        if body is None:
            return self._send(method, path, None, headers)
        return self._send(method, path, json.dumps(body).encode(), {**headers, "Content-Type": "application/json"})

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        """A read is tried once more on a new connection: a host that was restarted has closed the old one."""
        last_try = 2 if method == "GET" else 1
        for attempt in range(1, last_try + 1):
            try:
                return self._once(method, path, data, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if attempt == last_try:
                    raise ApiError(f"{method} {path}: {type(error).__name__}: {error}") from error
        raise AssertionError("every try returns or raises")

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> Answer:
        if self._connection is None:
            host, port = self._address.hostname or "127.0.0.1", self._address.port
            self._connection = http.client.HTTPConnection(host, port, timeout=REAL_TIMEOUT_SECONDS)
        self._connection.request(method, path, body=data, headers=headers)
        response = self._connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        try:
            decoded: object = json.loads(text) if text else None
        except ValueError:
            decoded = None
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, decoded, text)
