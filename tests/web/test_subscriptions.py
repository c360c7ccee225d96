"""Named queries and subscriptions: kept, refused, served; the feed's order; where deliveries may go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from starlette.websockets import WebSocketDisconnect

from pedigree.facts import OPERATOR
from pedigree.messages import Fact
from pedigree.ports import DOCUMENTS
from pedigree.times import format_time
from services.problems import Problem
from services.query import webhook
from services.query.destinations import check, resolve
from services.query.feed import Feed
from services.query.store import Position
from tests.unit.test_registry import MAKER
from tests.web.capture_world import event, unit
from tests.web.edge import key_for
from tests.web.query_world import QueryWorld, served

SECRET = "a secret of the subscriber"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[QueryWorld]:
    monkeypatch.setattr(webhook, "FIRST_WAIT_S", 0.05)
    made = QueryWorld(tmp_path)
    yield made
    made.close()


class Receiver:
    """A webhook that takes what it is sent, or refuses while `up` is not set."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.refused = 0
        self.up = threading.Event()
        self.up.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if receiver.up.is_set():
                    receiver.taken.append((dict(self.headers.items()), body))
                else:
                    receiver.refused += 1
                self.send_response(204 if receiver.up.is_set() else 503)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def serials(self) -> list[str]:
        return [serial for _, body in self.taken for serial in serials(body)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def serials(body: bytes | str) -> list[str]:
    listed = json.loads(body)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return [one["epcList"][0].rpartition("/")[2] for one in listed]


def until(done: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def keep(world: QueryWorld, name: str = "all", query: dict[str, Any] | None = None, key: dict[str, str] | None = None) -> None:
    answer = world.client.post("/queries", json={"name": name, "query": query or {}}, headers=key or world.maker)
    assert answer.status_code == 201, answer.text


def subscribe(world: QueryWorld, dest: str, key: dict[str, str] | None = None, *, name: str = "all", **more: Any) -> Any:
    body = {"dest": dest, **({} if "schedule" in more else {"stream": True}), **more}
    return world.client.post(f"/queries/{name}/subscriptions", json=body, headers=key or world.maker)


def test_named_queries_are_a_partys_own(world: QueryWorld) -> None:
    world.capture(event(1), event(2, "shipping"))
    keep(world, "shipped", {"EQ_bizStep": ["shipping"], "eventType": ["ObjectEvent"]})
    again = world.client.post("/queries", json={"name": "shipped", "query": {}}, headers=world.maker)
    assert (again.status_code, again.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    keep(world, "shipped", {}, world.hospital)
    assert world.epcs(world.maker, path="/queries/shipped/events") == ["2"]
    assert world.epcs(world.hospital, path="/queries/shipped/events") == []
    (listed,) = world.get("/queries", world.maker).json()
    assert (listed["name"], listed["query"]["EQ_bizStep"]) == ("shipped", ["shipping"])
    assert world.get("/queries/shipped", world.maker).json() == listed
    assert world.get("/queries/nothing", world.maker).status_code == 404
    assert world.get("/queries/shipped/events", world.maker, EQ_bizStep="x").status_code == 400
    assert world.client.delete("/queries/shipped", headers=world.maker).status_code == 204
    assert world.client.delete("/queries/shipped", headers=world.maker).status_code == 404
    assert world.get("/queries/shipped", world.hospital).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"query": {}}, "name"),
        ({"name": "a/b", "query": {}}, "name"),
        ({"name": "x"}, "query"),
        ({"name": "x", "query": {"EQ_bizSetp": ["y"]}}, "EQ_bizSetp"),
        ({"name": "x", "query": {"GE_quantity": {"a": 1}}}, "GE_quantity"),
    ],
)
def test_a_query_that_cannot_be_is_not_kept(world: QueryWorld, body: dict[str, Any], said: str) -> None:
    answer = world.client.post("/queries", json=body, headers=world.maker)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert world.get("/queries", world.maker).json() == []


def test_queries_take_json_as_the_standard_writes_it(world: QueryWorld) -> None:
    context = {"ex": "https://ns.example.com/epcis/"}
    world.capture(event(1, **{"example:n": 5}), event(2), **{"@context": ["https://x", {"example": context["ex"]}]})
    query = {"@context": ["https://x", context], "GE_ex:n": 5, "EQ_action": ["ADD"], "EXISTS_ex:n": None, "eventCountLimit": 3}
    keep(world, "q", query)
    assert world.epcs(world.maker, path="/queries/q/events") == ["1"]


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"dest": "http://example.com/x"}, "SubscribeNotPermitted"),
        ({"dest": "ftp://127.0.0.1/x"}, "InvalidURI"),
        ({"dest": "http://user:pw@127.0.0.1/x"}, "InvalidURI"),
        ({"dest": None}, "InvalidURI"),
        ({"stream": False}, "SubscriptionControls"),
        ({"schedule": {"hour": "1"}}, "SubscriptionControls"),
        ({"stream": False, "schedule": {"hour": "25"}}, "SubscriptionControls"),
        ({"stream": False, "schedule": {"century": "1"}}, "SubscriptionControls"),
        ({"initialRecordTime": "soon"}, "SubscriptionControls"),
        ({"colour": "red"}, "SubscriptionControls"),
        ({"reportIfEmpty": "maybe"}, "SubscriptionControls"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused(world: QueryWorld, changed: dict[str, Any], kind: str) -> None:
    keep(world)
    answer = world.client.post(
        "/queries/all/subscriptions", json={"dest": "http://127.0.0.1:9/x", "stream": True, **changed}, headers=world.maker
    )
    assert answer.status_code in (400, 403)
    assert kind in answer.json()["type"]


def test_a_stream_is_signed_ordered_and_the_subscribers_view(world: QueryWorld, receiver: Receiver) -> None:
    world.capture(event(0))
    keep(world)
    keep(world, key=world.carrier)
    with world.client:
        made = subscribe(world, receiver.url, signatureToken=SECRET)
        assert made.status_code == 201
        assert subscribe(world, receiver.url, world.carrier).status_code == 201
        for n in range(1, 13):
            world.capture(event(n, eventTime=f"2026-08-{20 - n:02d}T00:00:00Z"))
        until(lambda: len(receiver.serials) == 12)
        until(lambda: world.get(made.headers["location"], world.maker).json()["progress"]["deliveries"] == len(receiver.taken))
    assert receiver.serials == [str(n) for n in range(1, 13)]
    headers, body = receiver.taken[0]
    assert headers["GS1-Signature"] == base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["Medtrace-Signature-SM3"] == hmac.new(SECRET.encode(), body, "sm3").hexdigest()
    assert headers["Content-Type"] == "application/ld+json"
    document = json.loads(body)["epcisBody"]["queryResults"]
    assert (document["queryName"], document["subscriptionID"]) == ("all", made.json()["subscriptionID"])
    status = world.get(made.headers["location"], world.maker).json()
    assert status["signed"] is True
    assert SECRET not in json.dumps(status)
    assert len(world.get("/queries/all/subscriptions", world.maker).json()) == 1
    assert world.get(made.headers["location"], world.hospital).status_code == 404


def test_a_receiver_that_is_down_gets_everything_in_order_once_it_is_up(world: QueryWorld, receiver: Receiver) -> None:
    keep(world)
    receiver.up.clear()
    with world.client:
        where = subscribe(world, receiver.url).headers["location"]
        for n in range(8):
            world.capture(event(n))
        until(lambda: receiver.refused >= 2)
        until(lambda: world.get(where, world.maker).json()["progress"].get("error") == "answered 503")
        receiver.up.set()
        until(lambda: len(receiver.serials) == 8)
    assert receiver.serials == [str(n) for n in range(8)]


def test_a_server_that_dies_goes_on_where_it_was(world: QueryWorld, receiver: Receiver) -> None:
    """Each life of the app is one lifespan; the position is in the store alone."""
    keep(world)
    with world.client:
        subscribe(world, receiver.url)
        world.capture(event(0), event(1))
        until(lambda: len(receiver.serials) >= 2)
    world.capture(event(2))
    receiver.up.clear()
    with world.client:
        until(lambda: receiver.refused >= 1)
        world.capture(event(3))
    receiver.up.set()
    with world.client:
        until(lambda: len(set(receiver.serials)) == 4)
    assert list(dict.fromkeys(receiver.serials)) == ["0", "1", "2", "3"]


def test_an_initial_record_time_brings_the_past(world: QueryWorld, receiver: Receiver) -> None:
    world.capture(event(0))
    since = world.now
    world.capture(event(1))
    keep(world)
    with world.client:
        subscribe(world, receiver.url, initialRecordTime=format_time(since + 1))
        until(lambda: receiver.serials == ["1"])


def test_a_revoked_key_stops_its_subscription(world: QueryWorld, receiver: Receiver) -> None:
    keep(world)
    with world.client:
        where = subscribe(world, receiver.url).headers["location"]
        world.capture(event(0))
        until(lambda: receiver.serials == ["0"])
        for key in world.services.registry.current().api_keys():
            value = {name: item for name, item in msgspec.to_builtins(key).items() if name not in ("id", "stated")}
            world.services.registry.state(Fact("key", key.id, {**value, "revoked": 1}, world.now, OPERATOR))
        fresh = key_for(world.services, MAKER, "capture", "query")
        world.capture(event(1), key=fresh)
        until(lambda: "revoked" in world.get(where, fresh).json()["progress"].get("error", ""))
    assert receiver.serials == ["0"]


def test_a_schedule_brings_what_is_new_at_its_times(world: QueryWorld, receiver: Receiver) -> None:
    keep(world)
    with world.client:
        subscribe(world, receiver.url, schedule={"second": "0"}, reportIfEmpty=True)
        world.capture(event(0), event(1))
        time.sleep(0.3)
        assert receiver.taken == []
        world.now += 60_000
        until(lambda: len(receiver.taken) == 1)
        assert receiver.serials == ["0", "1"]
        world.now += 60_000
        until(lambda: len(receiver.taken) == 2)
        assert serials(receiver.taken[1][1]) == []
        world.capture(event(2))
        world.now += 60_000
        until(lambda: len(receiver.taken) == 3)
    assert receiver.serials == ["0", "1", "2"]


def test_a_websocket_and_where_to_go_on(world: QueryWorld) -> None:
    keep(world, query={"EQ_bizStep": ["shipping"]})
    with world.client, world.client.websocket_connect("/queries/all/events?stream=true", headers=world.maker) as socket:
        world.capture(event(1, "shipping"), event(2, "storing"))
        first = socket.receive_json()
        assert serials(json.dumps(first)) == ["1"]
    world.capture(event(3, "shipping"))
    path = f"/queries/all/events?stream=true&position={first['medtrace:position']}"
    with world.client, world.client.websocket_connect(path, headers=world.maker) as socket:
        assert serials(socket.receive_text()) == ["3"]
    refused = ("?stream=true&position=x", "?stream=true&hour=1", "")
    for path, headers in (("?stream=true", {}), *((one, world.maker) for one in refused)):
        with pytest.raises(WebSocketDisconnect), world.client.websocket_connect(f"/queries/all/events{path}", headers=headers):
            pass


def test_server_sent_events_and_where_to_go_on(world: QueryWorld) -> None:
    keep(world)

    def listen(address: str, token: str = "") -> tuple[str, list[str]]:
        """The first event's id and serials."""
        headers = {**world.maker, "Accept": "text/event-stream"} | ({"Last-Event-ID": token} if token else {})
        with httpx.stream("GET", f"{address}/queries/all/events?stream=true", headers=headers, timeout=10) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            if not token:
                world.capture(event(1))
            lines = dict(line.split(": ", 1) for line, _ in zip(answer.iter_lines(), range(3), strict=False))
        return lines["id"], serials(lines["data"])

    with served(world.app) as address:
        token, first = listen(address)
        assert first == ["1"]
        world.capture(event(2))
        assert listen(address, token)[1] == ["2"]
        refused = httpx.get(f"{address}/queries/all/events", headers={**world.maker, "Accept": "text/event-stream",
                            "Last-Event-ID": "x"})  # fmt: skip
        assert refused.status_code == 400


def test_where_deliveries_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = ("hooks.example.com", "*.partner.example", "127.0.0.1", "wms.example:8443", "localhost")
    for good in ("https://hooks.example.com/a?b=c", "https://a.partner.example/", "http://127.0.0.1:9/x", "https://wms.example:8443/"):
        assert check(good, allowed) == good
    for bad in (
        "http://hooks.example.com/", "https://partner.example/", "https://evilpartner.example/", "https://wms.example/",
        "http://[::1]/", "https://hooks.example.com@evil.example/", "https://169.254.169.254/", "https://hooks.example.com#x",
        "javascript:1", "http:///x",
    ):  # fmt: skip
        with pytest.raises(Problem):
            check(bad, allowed)

    def found(*addresses: str) -> None:
        answers = [(0, 0, 0, "", (address, 443)) for address in addresses]
        monkeypatch.setattr("services.query.destinations.socket.getaddrinfo", lambda *_, **__: answers)

    found("10.0.0.1", "93.184.216.34", "fd00::1")
    assert resolve("https://hooks.example.com/a", allowed).url == "https://93.184.216.34:443/a"
    found("127.0.0.1", "169.254.169.254", "::1")
    with pytest.raises(OSError, match="public"):
        resolve("https://hooks.example.com/a", allowed)
    with pytest.raises(Problem):
        resolve("https://hooks.example.com/a", ())


def test_the_feed_never_overtakes(world: QueryWorld) -> None:
    """Documents of several partitions come by record time; what was recorded since the look began waits."""
    for n in range(20):
        world.capture(event(n))
    feed = Feed(world.services.log)
    assert len({p for p in range(3) if world.services.log.end(DOCUMENTS, p)}) > 1
    seen: list[str] = []
    position = feed.beginning()
    while True:
        batch = feed.take(position, world.now - 1, lambda told: True, most=3)
        seen += [told.subject.view.epcs[0] for told in batch.events]
        position = batch.position
        if batch.done:
            break
    assert seen == [unit(n) for n in range(19)]
    rest = feed.take(position, world.now, lambda told: True)
    assert [told.subject.view.epcs[0] for told in rest.events] == [unit(19)]
    assert feed.take(Position(()), None, lambda told: True, most=1).events[0].subject.view.epcs == (unit(0),)
