"""A client of the HTTP interfaces, for the commands and the demonstration: patient with a busy server, clear about refusals."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from pedigree.errors import MedtraceError

_AGAIN = {429, 502, 503, 504}
_LONGEST_WAIT = 30.0
JSON = "application/json"


class UnreachableError(MedtraceError):
    """The server does not answer, or is not ready, in spite of several attempts."""


class RefusedError(MedtraceError):
    """The server's answer is a problem document. `status`: HTTP; `faults`: what is wrong in which place."""

    def __init__(self, status: int, detail: str, faults: list[dict[str, str]]) -> None:
        super().__init__(detail)
        self.status = status
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a capture job is."""

    id: str
    running: bool
    success: bool
    events: int
    expected: int
    decided: int
    verdicts: dict[str, int]
    findings: dict[str, int]
    errors: int

    @staticmethod
    def of(job: Mapping[str, Any]) -> Progress:
        progress = job.get("progress", {})
        return Progress(
            id=job["captureID"],
            running=job["running"],
            success=job["success"],
            events=progress.get("events", 0),
            expected=progress.get("expected", 0),
            decided=progress.get("decided", 0),
            verdicts=dict(progress.get("verdicts") or {}),
            findings=dict(progress.get("findings") or {}),
            errors=len(job.get("errors") or []),
        )


class Client:
    """One server. `attempts`: how often a request is sent before giving up; waits double, or are what the server asks for.

    Sending a document again is harmless: events that are there already are not taken twice.
    """

    def __init__(self, url: str, key: str = "", *, attempts: int = 6, cacert: str = "", timeout: float = 60.0) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = url.rstrip("/")
        self._attempts = attempts
        self._http = httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=timeout,
            follow_redirects=True,
            transport=httpx.HTTPTransport(retries=2, verify=ssl.create_default_context(cafile=cacert) if cacert else True),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, accept: str = JSON, **parameters: str) -> httpx.Response:
        """Raises UnreachableError, RefusedError."""
        return self._send("GET", path, {"Accept": accept}, params=parameters)

    def capture(self, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> str:
        """Send one document; the id of its job. When this returns the server has the document durably."""
        answer = self._send("POST", "/capture", {"Content-Type": content_type, **(headers or {})}, content=body)
        return str(answer.json()["captureID"])

    def hand_in(self, paper: bytes, content_type: str, kind: str, title: str) -> httpx.Response:
        """Hand in a paper; 201, or 200 when it is there already."""
        given = {"kind": kind, "title": title}
        return self._send("POST", "/papers", {"Content-Type": content_type}, content=paper, params=given)

    def job(self, id: str) -> Progress:
        return Progress.of(self.get(f"/capture/{id}").json())

    def wait(self, ids: Iterable[str], seconds: float = 600.0) -> Iterator[Progress]:
        """The jobs in their order, each when it has been decided. UnreachableError when that takes longer."""
        deadline = time.monotonic() + seconds
        for id in ids:
            pause = 0.02
            while (progress := self.job(id)).running:
                if time.monotonic() > deadline:
                    raise UnreachableError(f"job {id} is not decided after {seconds:.0f} s: {progress.decided} verdicts so far")
                time.sleep(pause)
                pause = min(1.0, pause * 1.5)
            yield progress

    def _send(self, method: str, path: str, headers: Mapping[str, str], **more: Any) -> httpx.Response:
        pause = 0.25
        for attempt in range(self._attempts, 0, -1):
            try:
                answer = self._http.request(method, path, headers=dict(headers), **more)
            except httpx.TransportError as error:
                if attempt == 1:
                    raise UnreachableError(f"{self.url} does not answer: {error or type(error).__name__}") from error
                wait = pause
            else:
                if answer.status_code not in _AGAIN:
                    return _checked(answer)
                if attempt == 1:
                    raise UnreachableError(f"{self.url} can't take it just now: {_detail(answer)}")
                wait = _asked_wait(answer, pause)
            time.sleep(wait)
            pause = min(_LONGEST_WAIT, pause * 2)
        raise AssertionError("attempts must be at least 1")


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:
        return answer
    raise RefusedError(answer.status_code, _detail(answer), _faults(answer))


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _detail(answer: httpx.Response) -> str:
    said = _problem(answer).get("detail") or answer.reason_phrase or "no reason given"
    return f"{said} ({answer.status_code})"


def _faults(answer: httpx.Response) -> list[dict[str, str]]:
    found = _problem(answer).get("faults")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _asked_wait(answer: httpx.Response, pause: float) -> float:
    text = answer.headers.get("Retry-After", "")
    return min(_LONGEST_WAIT, float(text)) if text.isdigit() else pause
