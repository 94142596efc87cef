"""Asks a language model on the user's own computer where a photo could have been taken. Off unless an address is given.

The address is that of a server with OpenAI's interface (`/v1/chat/completions`), as llama.cpp, Ollama and LM Studio
have it. It gets a small JPEG of the photo and a question, and nothing else is contacted: redirects are not followed,
proxies are not used, and an address that is not this computer's own is refused unless the user allows it. The reply is
a guess, the "generated candidates" of G3 (Jia et al., NeurIPS 2024, section 3.3), and never more: proposed places are
ranked with all others (engine/where/verify.py), and registration has the last word.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import requests
from numpy.typing import NDArray

from engine.errors import EarthLocError, UsageError, in_short
from engine.progress import Progress

MOST_PLACES = 10
_PATH = "/v1/chat/completions"
_JPEG_SIDE_PX = 512
_JPEG_QUALITY = 80
_MOST_REPLY_BYTES = 1_000_000
_MOST_TEXT = 10_000  # characters of a reply that are read
_READ_BYTES = 16_384
_MOST_TOKENS = 600
_LOOK_S = 0.1  # between two looks whether the job was cancelled
_QUESTION = (
    "This photograph of Earth was taken from the International Space Station, from about 400 km above the ground. "
    "North may be anywhere. Which places could it show? Reply with JSON alone: a list of at most {places} objects "
    '{{"lat": degrees north, "lon": degrees east}}, the most probable first, for the middle of the photograph.'
)
_NUMBER = r"[-+]?\d{1,3}(?:\.\d{1,12})?"
# "12.5 N, 45.25 W" or "-12.5, 45.25". The bounds keep pieces of longer numbers and of dates out.
_PAIR = re.compile(
    rf"(?<![\d.\-/])({_NUMBER})\s*°?\s*([NnSs])?\s*[,;]\s*({_NUMBER})\s*°?\s*([EeWw](?![A-Za-z]))?(?![\d/]|\.\d|-\d)"
)


class LanguageModelError(EarthLocError):
    """The language model could not be asked, or gave no place. The photo is located without it."""

    kind = "language_model"


@dataclass(frozen=True)
class LanguageModel:
    """Where the language model is, and how it is asked.

    Attributes:
        address: such as "http://127.0.0.1:11434"; the path /v1/chat/completions is added if it has none.
        model: name of the model, as the server knows it; "" for a server with one model.
        places: most places taken from a reply, 1 to MOST_PLACES.
        timeout_s: for the whole reply.
        elsewhere: allows an address that is not of this computer. The photo leaves it then.
    """

    address: str
    model: str = ""
    places: int = 5
    timeout_s: float = 60.0
    elsewhere: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.places <= MOST_PLACES:
            raise UsageError(None, f"{self.places} places from the language model", f"give 1 to {MOST_PLACES}")
        if not 0 < self.timeout_s <= 3600:
            raise UsageError(None, f"a time limit of {self.timeout_s} s", "give more than 0 and at most 3600 seconds")
        self.url()

    def url(self) -> str:
        """The address that is asked.

        Raises:
            UsageError: it is no address of a server, or not of this computer without `elsewhere`.
        """
        try:
            parts = urlsplit(self.address.strip())
            host, _ = parts.hostname, parts.port
        except ValueError:
            host, parts = None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
            raise UsageError.of("language_model.no_address", address=repr(self.address))
        if parts.username is not None or parts.password is not None:
            raise UsageError.of("language_model.password")
        if not self.elsewhere and not is_loopback(host):
            raise UsageError.of("language_model.elsewhere", host=host)
        path = parts.path.rstrip("/")
        if not path.endswith("/chat/completions"):
            path = f"{path}/chat/completions" if path.endswith("/v1") else path + _PATH
        # The numeric address, so that no name server and no hosts file can send the photo elsewhere.
        netloc = parts.netloc
        if host == "localhost" and not self.elsewhere:
            netloc = "127.0.0.1" + (f":{parts.port}" if parts.port else "")
        return f"{parts.scheme}://{netloc}{path}"


def is_loopback(host: str) -> bool:
    """Whether a host is this computer: localhost, 127.0.0.0/8 or ::1, written plainly."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def propose(
    settings: LanguageModel, pixels: NDArray[np.uint8], progress: Progress | None = None
) -> list[tuple[float, float]]:
    """Places where the language model thinks that a photo was taken, the most probable first.

    Args:
        settings: the server.
        pixels: the photo, uint8 RGB (height, width, 3).
        progress: cancelling it ends the wait for the reply.

    Returns:
        (lat, lon) in degrees, 1 to `settings.places` of them.

    Raises:
        LanguageModelError: the server cannot be reached, is too slow, refuses, or names no place. CancelledError.
    """
    url = settings.url()
    reply = _post(url, _request(settings, pixels), settings.timeout_s, progress or Progress())
    places = read_places(_answer(url, reply), settings.places)
    if not places:
        raise LanguageModelError.of("language_model.no_place", path=url)
    return places


def _request(settings: LanguageModel, pixels: NDArray[np.uint8]) -> dict[str, Any]:
    shrink = min(1.0, _JPEG_SIDE_PX / max(pixels.shape[:2]))
    height, width = (max(1, round(side * shrink)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    picture = "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
    question = [
        {"type": "text", "text": _QUESTION.format(places=settings.places)},
        {"type": "image_url", "image_url": {"url": picture}},
    ]
    request: dict[str, Any] = {
        "messages": [{"role": "user", "content": question}],
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
        "stream": False,
    }
    return {**request, "model": settings.model} if settings.model else request


def _post(url: str, request: dict[str, Any], timeout_s: float, progress: Progress) -> bytes:
    """The body of the reply. The time limit holds for all of it: a server that drips bytes is too slow, too."""
    found: list[bytes] = []
    failed: list[LanguageModelError] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            found.append(_exchange(url, request, timeout_s, stop.is_set))
        except LanguageModelError as error:
            failed.append(error)

    # A thread, as requests can neither be cancelled nor limit the time of a whole reply. It ends with its own time-out.
    worker = threading.Thread(target=ask, name="language-model", daemon=True)
    worker.start()
    deadline = time.monotonic() + timeout_s
    try:
        while worker.is_alive() and time.monotonic() < deadline:
            progress.check()
            worker.join(_LOOK_S)
    finally:
        stop.set()
    if failed:
        raise failed[0]
    if not found:
        raise _too_slow(url, timeout_s)
    return found[0]


def _exchange(url: str, request: dict[str, Any], timeout_s: float, stopped: Callable[[], bool]) -> bytes:
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy and no stored password: nothing but this address is contacted
            with session.post(url, json=request, timeout=timeout_s, allow_redirects=False, stream=True) as response:
                if response.status_code != 200:
                    raise LanguageModelError.of("language_model.status", path=url, status=response.status_code)
                body = b""
                for part in response.iter_content(_READ_BYTES):
                    body += part
                    if len(body) > _MOST_REPLY_BYTES:
                        raise LanguageModelError.of("language_model.endless", path=url)
                    if stopped():
                        raise _too_slow(url, timeout_s)
                return body
    except requests.Timeout:
        raise _too_slow(url, timeout_s) from None
    except requests.ConnectionError:
        raise LanguageModelError.of("language_model.down", path=url) from None
    except (requests.RequestException, OSError, ValueError) as error:
        raise LanguageModelError.of("language_model.failed", path=url, reason=in_short(error)) from error


def _too_slow(url: str, timeout_s: float) -> LanguageModelError:
    return LanguageModelError.of("language_model.slow", path=url, s=f"{timeout_s:g}")


def _answer(url: str, body: bytes) -> str:
    """The text of the first choice of a chat completion."""
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
        if isinstance(content, str):
            return content
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        pass
    raise LanguageModelError.of("language_model.no_chat", path=url)


def read_places(text: str, most: int = MOST_PLACES) -> list[tuple[float, float]]:
    """Places in a reply: those of its first JSON list or object with lat and lon, or else pairs of numbers in the text.

    What is not a place on Earth is passed over, and so is a place that was named before (to a hundredth of a degree).

    Returns:
        (lat, lon) in degrees, at most `most`, in the order of the reply.
    """
    text = text[:_MOST_TEXT]
    named = _json_places(text) or _text_places(text)
    places: list[tuple[float, float]] = []
    seen: set[tuple[float, float]] = set()
    for lat, lon in named:
        key = round(lat, 2), round(lon, 2)
        if abs(lat) <= 90 and abs(lon) <= 180 and key not in seen:
            seen.add(key)
            places.append((lat, lon))
    return places[:most]


def _json_places(text: str) -> list[tuple[float, float]]:
    decoder = json.JSONDecoder()
    for start in (at for at, letter in enumerate(text) if letter in "[{"):
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if places := _places_in(value):
            return places
    return []


def _places_in(value: Any) -> list[tuple[float, float]]:
    """The places of a list of objects, of one object, or of an object that holds such a list."""
    if isinstance(value, dict):
        place = _number(value, "lat", "latitude"), _number(value, "lon", "lng", "longitude")
        if place[0] is not None and place[1] is not None:
            return [(place[0], place[1])]
        value = next((inner for inner in value.values() if isinstance(inner, list)), [])
    if not isinstance(value, list):
        return []
    return [place for item in value if isinstance(item, dict) for place in _places_in(item)[:1]]


def _number(value: dict[str, Any], *names: str) -> float | None:
    for name in names:
        found = value.get(name)
        # An angle out of range is refused later; the bound is for numbers that no float can hold.
        if isinstance(found, (int, float)) and not isinstance(found, bool) and -1000 < found < 1000:
            return float(found)
    return None


def _text_places(text: str) -> list[tuple[float, float]]:
    places = []
    for match in _PAIR.finditer(text):
        lat, lon = float(match[1]), float(match[3])
        # Whole numbers without a direction are counts, sizes or dates.
        if not (match[2] or match[4]) and "." not in match[1] + match[3]:
            continue
        places.append((-abs(lat) if match[2] in ("S", "s") else lat, -abs(lon) if match[4] in ("W", "w") else lon))
    return places
