"""Adapters of the real servers, chosen by settings. As `ops.wiring`, a module that names concrete adapters."""

from __future__ import annotations

import importlib.util
import ssl
from contextlib import ExitStack

import structlog

from eventlog.kafka import Access, KafkaLog, record_at
from graph.port import Graph
from ledger.port import Ledger
from ledger.witness import Witness
from ops.clock import now_ms
from ops.keys import Keys
from ops.layout import Layout
from ops.settings import Settings
from ops.stack.plan import kept, topics
from pedigree.errors import SettingsError
from pedigree.ports import EventLog
from pedigree.seal import ConsortiumKeys
from streams.meter import Meter
from streams.roles import CustodyRole, LedgerRole, ProjectorRole, Role, SplitterRole, TickerRole
from streams.store import CustodyStore
from streams.transport import Transport

_log = structlog.get_logger("medtrace.stack")


def access(settings: Settings) -> Access:
    """How Kafka is reached."""
    return Access(
        bootstrap=settings.kafka_bootstrap,
        prefix=settings.kafka_prefix,
        security=settings.kafka_security,
        ca_file=settings.kafka_ca_file,
        cert_file=settings.kafka_cert_file,
        key_file=settings.kafka_key_file,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=settings.password("kafka_password"),
        delivery_ms=settings.kafka_delivery_ms,
    )


def transport(settings: Settings, member: str) -> Transport:
    """The same for Faust. `member`: the worker's lasting name."""
    sasl = settings.kafka_security.startswith("SASL")
    return Transport(
        brokers=settings.kafka_bootstrap.split(","),
        prefix=settings.kafka_prefix,
        member=member,
        session_ms=settings.kafka_session_ms,
        max_bytes=settings.kafka_max_record_mb * 1_000_000,
        record=record_at,
        tls=_tls(settings) if settings.kafka_security.endswith("SSL") else None,
        username=settings.kafka_username if sasl else "",
        password=settings.password("kafka_password") if sasl else "",
        mechanism=settings.kafka_mechanism,
    )


def _tls(settings: Settings) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file is not None:
            made.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    except (ssl.SSLError, OSError) as error:
        raise SettingsError(f"kafka_ca_file, kafka_cert_file, kafka_key_file: {error}") from error
    return made


def open_kafka(settings: Settings) -> KafkaLog:
    """The log on Kafka, topics made if they are missing. SettingsError, LogUnreachableError say what to look at."""
    return KafkaLog(access(settings), topics(settings), kept(settings))


def open_ledger(settings: Settings, member: str, *, who: str, readonly: bool = False, writes: bool = False) -> Ledger:
    """The ledger that the settings name; `who` opens it: each process keeps what it has read of Fabric in a file of its own.

    `writes`: the channel's contracts are asked first whether they are those that we know. SettingsError: they are not, or the
    profile can't work; LedgerError: nobody answers, or not with what the profile names.
    """
    layout = Layout(settings.data)
    if settings.ledger == "embedded":
        from ledger.embedded import EmbeddedLedger

        return EmbeddedLedger(layout.ledger, member=member, clock=now_ms, readonly=readonly)
    if settings.fabric_profile is None:
        raise SettingsError("fabric_profile is not set, and ledger = fabric needs the network's connection profile")
    _needs("fabric_protos", "ledger = fabric")
    from ledger.fabric.errors import ProfileError
    from ledger.fabric.ledger import open_ledger as open_fabric

    name = "fabric.sqlite" if who == "ledger" else f"fabric-{who}.sqlite"
    with ExitStack() as stack:
        try:
            ledger = open_fabric(layout.root / name, settings.fabric_profile, now_ms)
            stack.callback(ledger.close)
            for other in ledger.check_contract() if writes else ():
                _log.warning("another_contract", said=other)
        except ProfileError as error:
            raise SettingsError(f"fabric_profile {settings.fabric_profile}: {error}") from error
        stack.pop_all()
    return ledger


def open_graph(settings: Settings, *, readonly: bool = False) -> Graph:
    """The graph that the settings name. It must be closed."""
    if settings.graph == "sqlite":
        from graph.sqlite.store import SqliteGraph

        return SqliteGraph(Layout(settings.data).graph, readonly=readonly)
    password = settings.password("neo4j_password")
    if not password:
        raise SettingsError("neo4j_password is not set, and graph = neo4j needs one: set it or neo4j_password_file")
    _needs("neo4j", "graph = neo4j")
    from graph.neo4j.store import Neo4jGraph

    return Neo4jGraph(settings.neo4j_uri, (settings.neo4j_user, password), settings.neo4j_database, readonly=readonly)


def open_role(name: str, settings: Settings, keys: Keys, meter: Meter, stack: ExitStack) -> Role:
    """What the worker `name` does. Everything that is opened is closed by `stack`."""
    log: EventLog = open_kafka(settings)
    stack.callback(log.close)
    if name == "splitter":
        return SplitterRole(log, meter)
    if name == "custody":
        store = CustodyStore(_folder(settings).custody)
        stack.callback(store.close)
        return CustodyRole(log, store, ConsortiumKeys(*keys.consortium), meter)
    if name == "ticker":
        return TickerRole(log, now_ms, int(settings.tick_seconds * 1000), meter)
    if name == "ledger":
        ledger = open_ledger(settings, keys.signer, who=name, writes=True)
        stack.callback(ledger.close)
        interval = int(settings.checkpoint_seconds * 1000)
        settle = min(5_000, interval // 2)
        witness = None  # on Fabric each organisation's own process signs what its own peer says
        if settings.ledger == "embedded":
            witness = Witness(ledger, keys.gateway, keys.signer, settings.origin, interval, settle_ms=settle)
        return LedgerRole(log, ledger, witness, now_ms, meter)
    if name == "projector":
        ledger = open_ledger(settings, keys.signer, who=name)
        stack.callback(ledger.close)
        graph = open_graph(settings)
        stack.callback(graph.close)
        return ProjectorRole(log, ledger, graph, meter)
    raise SettingsError(f"there is no worker {name!r}")


def _folder(settings: Settings) -> Layout:
    settings.data.mkdir(parents=True, exist_ok=True)
    return Layout(settings.data)


def _needs(module: str, what: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise SettingsError(f"{what} needs the package {module}: install Medtrace with its extra 'stack'")
