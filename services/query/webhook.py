"""One delivery to a webhook: signed, to a checked address, tried until it is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import httpx
from starlette.concurrency import run_in_threadpool
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_never, wait_random_exponential

from services.problems import Problem
from services.query.destinations import resolve

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
"""Between two tries, on average; doubled each time."""
TIMEOUT_S = 20.0
SIGNATURE, SIGNATURE_SM3, DELIVERY = "GS1-Signature", "Medtrace-Signature-SM3", "Medtrace-Delivery"


class NotTakenError(Exception):
    """The receiver has not taken a delivery; the message says why."""


def signatures(body: bytes, token: str) -> dict[str, str]:
    """HMAC-SHA256 (base64) and HMAC-SM3 (hex) over the body with the subscriber's own token; {} without one."""
    if not token:
        return {}
    mac = hmac.new(token.encode(), body, hashlib.sha256).digest()
    return {SIGNATURE: base64.b64encode(mac).decode(), SIGNATURE_SM3: hmac.new(token.encode(), body, "sm3").hexdigest()}


class Sender:
    """`allowed`: hosts; `failed`: told about each try that failed."""

    def __init__(self, allowed: tuple[str, ...], first_wait_s: float = FIRST_WAIT_S) -> None:
        self._allowed = allowed
        self._wait = wait_random_exponential(multiplier=first_wait_s, max=LONGEST_WAIT_S)
        # No proxy from the environment: it would connect where it likes.
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=TIMEOUT_S, trust_env=False)

    async def send(self, dest: str, body: bytes, headers: dict[str, str], failed: Callable[[str], None]) -> None:
        """Returns when the receiver has answered 2xx; until then it is tried again and again, ever less often."""

        async def note(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome is not None else None
            await run_in_threadpool(failed, str(error))

        retrying = AsyncRetrying(
            wait=self._wait, stop=stop_never, retry=retry_if_exception_type(NotTakenError), before_sleep=note, reraise=True
        )
        async for attempt in retrying:
            with attempt:
                await self._once(dest, body, headers)

    async def _once(self, dest: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            target = await run_in_threadpool(resolve, dest, self._allowed)
            request = self._client.build_request(
                "POST",
                target.url,
                content=body,
                headers={**headers, "Host": target.host, "User-Agent": "Medtrace"},
                extensions={"sni_hostname": target.name},
            )
            async with _streamed(self._client, request) as answer:
                if not answer.is_success:
                    raise NotTakenError(f"answered {answer.status_code}")
        except (httpx.HTTPError, OSError, UnicodeError) as error:
            raise NotTakenError(f"{type(error).__name__}: {error}") from error
        except Problem as refused:  # the operator has taken the host off the list
            raise NotTakenError(str(refused)) from refused

    async def close(self) -> None:
        await self._client.aclose()


class _streamed:
    """An answer of which only the head is read: a receiver can't fill our memory."""

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        self._client, self._request = client, request

    async def __aenter__(self) -> httpx.Response:
        self._answer = await self._client.send(self._request, stream=True)
        return self._answer

    async def __aexit__(self, *_: object) -> None:
        await self._answer.aclose()
