"""Documents that went wrong: in their bytes, in their structure, in their values. Seeded, so that a finding can be repeated."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from lxml import etree

from pedigree.wire import parse_json, to_xml

_WHEN = {"eventTime": "2024-05-01T09:30:00.123+08:00", "eventTimeZoneOffset": "+08:00"}
_EPCS = ["urn:epc:id:sgtin:4012345.011111.9876", "https://id.gs1.org/01/04012345111118/21/S%2F1"]
_LOTS = [{"epcClass": "urn:epc:class:lgtin:4012345.011111.L1", "quantity": 2.5, "uom": "KGM"}]
_REPORT = {"type": "Temperature", "value": 4.5, "uom": "CEL", "time": "2024-05-01T09:29:00Z", "booleanValue": True}
_SAMPLE: dict[str, Any] = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"e": "https://ns.example.com/epcis/"}],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2024-05-01T00:00:00Z",
    "epcisHeader": {"epcisMasterData": {"vocabularyList": [{"type": "urn:v", "vocabularyElementList": [{"id": "urn:e"}]}]}},
    "epcisBody": {
        "eventList": [
            {
                **{"type": "ObjectEvent", **_WHEN, "action": "ADD", "epcList": _EPCS, "quantityList": _LOTS},
                **{"bizStep": "commissioning", "disposition": "active", "persistentDisposition": {"set": ["recalled"]}},
                **{"readPoint": {"id": "urn:epc:id:sgln:4012345.00005.0", "e:shelf": "3"}, "eventID": "urn:uuid:1"},
                "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epcglobal:cbv:bt:4012345000009:7"}],
                "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
                "sensorElementList": [{"sensorMetadata": {"deviceID": "urn:x:1"}, "sensorReport": [_REPORT]}],
                "errorDeclaration": {"declarationTime": "2024-05-02T00:00:00Z", "correctiveEventIDs": ["urn:uuid:2"]},
                "ilmd": {"cbvmda:lotNumber": "L1", "e:more": [{"e:a": 1}, "x"]},
                "e:note": {"e:deep": {"e:er": ["1", True, None]}},
            },
            {"type": "TransformationEvent", **_WHEN, "inputEPCList": _EPCS[:1], "outputQuantityList": _LOTS},
            {"type": "AssociationEvent", **_WHEN, "action": "ADD", "parentID": _EPCS[0], "childEPCs": _EPCS[1:]},
        ]
    },
}  # fmt: skip

_TEXTS = [
    "", " ", "\x00", "\x1d", "\ufffe", "\u202e", "x" * 300, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999Z",
    "2024-02-30T00:00:00Z", "10000-01-01T00:00:00Z",
    "NaN", "INF", "1e999", "-0", "007", "１２", "urn:", ":", "a:b:c", "https://", "http://[::1", "//x",
    "e:", "https://id.gs1.org/01/04012345111119/21/1", "https://id.gs1.org/01/04012345111118/21/%ZZ",
    "urn:epc:id:sgtin:4012345.011111.", "010401234511111810LOT21S1", "0104012345111118\x1d10L\x1d10M\x1d21S",
    "https://id.gs1.org/01/04012345111118/10/A/10/B/21/S",
    "urn:epcglobal:cbv:bizstep:", "cbv:", "@type", "é", "药", "\\", "'\"<&>]]>", "../../etc/passwd", "${x}", "1" * 5000,
]  # fmt: skip
_SCALARS: list[Any] = [None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e300]
_JUNK: list[Any] = [*_SCALARS, [], {}, [[]], [None], {"": ""}, {"type": 1}, [{}] * 50]
_NAMES = [
    *("type", "id", "eventTime", "epcList", "extension", "@context", "@xmlns:e"),
    *("#text", "#tail", "", "a b", "e:", ":", "action", "ilmd"),
]


_PIECES = [b"\xff", b"\x00", b"\xed\xa0\x80", b"\\ud800", b"{", b"]", b"<", b"&x;", b'"', b"\xe8"]


def mutants(seed: int, count: int, samples: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """`count` bodies, each with the name of what was done to it. `samples`: more documents to start from."""
    random = Random(seed)
    own = json.dumps(_SAMPLE).encode()
    bodies = [own, to_xml(parse_json(own)), *samples]
    kinds: list[tuple[str, Callable[[Random, bytes], bytes]]] = [
        ("bytes", _bytes), ("structure", _structure), ("structure", _structure), ("hostile", _hostile),
    ]  # fmt: skip
    for _ in range(count):
        name, change = random.choice(kinds)
        body = random.choice(bodies)
        for _ in range(random.choice((1, 1, 2, 5))):
            body = change(random, body)
        yield name, body


def _bytes(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    end = min(len(body), at + random.choice((1, 1, 4, 40)))
    return random.choice(
        [
            body[:at] + body[end:],
            body[:at] + bytes([random.randrange(256)]) + body[end:],
            body[:at] + body[at:end] * 2 + body[end:],
            body[:at],
            body[:at] + random.choice(_PIECES) + body[at:],
        ]
    )  # fmt: skip


def _structure(random: Random, body: bytes) -> bytes:
    try:
        return json.dumps(_json(random, json.loads(body))).encode()
    except (ValueError, RecursionError):
        pass
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return _bytes(random, body)
    _xml(random, root)
    return etree.tostring(root)


def _json(random: Random, root: Any) -> Any:
    root = copy.deepcopy(root)
    places: list[tuple[Any, Any]] = []
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, (dict, list)):
            places += [(node, key) for key in (node if isinstance(node, dict) else range(len(node)))]
            todo += node.values() if isinstance(node, dict) else node
    if not places:
        return random.choice(_JUNK)
    node, key = random.choice(places)
    action = random.randrange(6)
    if action == 0:
        del node[key]
    elif action == 1 and isinstance(node, dict):
        node[random.choice(_NAMES)] = node.pop(key)
    elif action == 2:
        node[key] = copy.deepcopy(random.choice(places)[0])
    elif action == 3:
        node[key] = random.choice(_JUNK)
    elif action == 4 and isinstance(node[key], str):
        node[key] = node[key] + random.choice(_TEXTS)
    else:
        node[key] = random.choice(_TEXTS)
    return root


def _xml(random: Random, root: etree._Element) -> None:
    nodes = [node for node in root.iter() if isinstance(node.tag, str)]
    node, other = random.choice(nodes), random.choice(nodes)
    action = random.randrange(6)
    text = "".join(char for char in random.choice(_TEXTS) if char >= " " and char < "\ufffe")
    if action == 0 and node.getparent() is not None:
        node.getparent().remove(node)  # type: ignore[union-attr]  # looked at just before
    elif action == 1:
        node.tag = random.choice(["extension", "type", "epc", "{urn:x}y", "ObjectEvent", "EventList", other.tag])
    elif action == 2:
        node.append(copy.deepcopy(other))
    elif action == 3:
        node.set(random.choice(["type", "{urn:x}y", "{http://www.w3.org/2001/XMLSchema-instance}nil", "value", "id"]), text)
    elif action == 4:
        node.tail = text
    else:
        node.text = text


def _hostile(random: Random, body: bytes) -> bytes:
    deep = random.choice((30, 70, 300, 20_000))
    entities = b"".join(b"<!ENTITY a%d '%s'>" % (number, b"&a%d;" % (number - 1) * 9) for number in range(1, 9))
    bomb = b"<!DOCTYPE a [<!ENTITY a0 'x'>" + entities + b"]>"
    inside = b"<e:d xmlns:e='urn:e'>" * deep + b"</e:d>" * deep
    return random.choice(
        [
            bomb + body,
            b"<!DOCTYPE a SYSTEM 'file:///dev/zero'>" + body,
            body.replace(b"</ObjectEvent>", inside + b"</ObjectEvent>", 1),
            body.replace(b'"eventTime"', b'"e:d": ' + b'{"e:d":' * deep + b"1" + b"}" * deep + b', "eventTime"', 1),
            body.replace(b'"eventTime"', b'"e:d": ' + b"[" * deep + b"]" * deep + b', "eventTime"', 1),
            body.replace(b'"eventTime"', b'"eventTime": "x", "eventTime"', 1),
            body.replace(b"4012345", b"x" * random.choice((100, 70_000)), 1),
            body.replace(b"urn:epc:id:", b"urn:epc:id:\xff", 1),
            body.replace(b"2.0", b"NaN", 1),
            body.replace(b"2024-", random.choice((b"0001-", b"9999-", b"0000-")), 1),
        ]
    )
