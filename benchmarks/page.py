"""The page of a catalogue: time, memory and size of making it, and how long it stands still in Debian's Chromium.

    python benchmarks/page.py [--photos 20000] [--large 100000]

A stall is a task of the page's main thread, while it opens, and while it is panned, zoomed, filtered, sorted and walked
through by keys. By the clock, the browser itself reports tasks of 50 ms and more (https://www.w3.org/TR/longtasks/);
other programs on the computer make them longer. Its trace has their time of the processor, which they do not change.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from _setting import REPOSITORY, WORK

from engine import geo
from engine.catalogue.parquet import write_parquet

_CAMERAS = ("NIKON D4", "NIKON D5", "NIKON Z 9", "Hasselblad X2D")
_REASONS = ("guess.chance", "photo.dark", "unfit.several", "search.no_tile_near")


def rows(n: int, seed: int = 0) -> list[dict]:
    """Photos along orbits like the station's: two thirds have a place, of several statuses."""
    draw = random.Random(seed)
    made = []
    for i in range(n):
        lat = 51.6 * draw.uniform(-1, 1) ** 3 + draw.uniform(-3, 3)
        lon = draw.choice((10, 25, 80, -100, -60, 135, 178)) + draw.gauss(0, 14)
        lon = (lon + 180) % 360 - 180
        status = draw.choices(("located", "uncertain", "by_pass", "not_found", "failed"), (50, 20, 8, 18, 4))[0]
        drawn = status in ("located", "uncertain", "by_pass")
        width_km = draw.lognormvariate(4.6, 0.7)
        photo_id = f"ISS{draw.randrange(20, 73):03d}-E-{i:06d}"
        row = {
            "photo": f"{photo_id[:6]}/{photo_id}.jpg",
            "photo_id": photo_id,
            "status": status,
            "confidence": {"located": draw.uniform(0.99, 1), "failed": 0.0}.get(status, draw.random() ** 2),
            "reason": "registered" if status == "located" else draw.choice(_REASONS),
            "message": f"{draw.randrange(10, 400)} tie points, camera at {draw.randrange(400, 425)} km.",
            "taken_at": f"{draw.randrange(2010, 2025)}-{draw.randrange(1, 13):02d}-{draw.randrange(10, 28)}T12:00:00",
            "camera": draw.choice(_CAMERAS),
            "focal_length_mm": float(draw.choice((24, 50, 85, 200, 400))),
            "cloud_percent": float(draw.randrange(101)),
            "width_px": 4928,
            "height_px": 3280,
            "nadir_lat": max(-51.6, min(51.6, lat + draw.uniform(-4, 4))),
            "nadir_lon": (lon + 185 + draw.uniform(-4, 4)) % 360 - 180,
            "engine": "0.1.0",
        }
        if drawn:
            ring = geo.square_corners(lat, lon, width_km)
            row |= {"center_lat": lat, "center_lon": lon, "sd_km": draw.uniform(0.3, 30), "inliers": 40, "rms_km": 0.8}
            row["geometry"] = geo.to_geojson(ring)
        made.append(row)
    return made


def made(catalogue: Path, page: Path) -> tuple[float, float, float]:
    """Makes a page in a process of its own; seconds, MB of memory at most, MB of the page."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "engine", "catalogue", "page", str(catalogue), "--out", str(page)]
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    return time.perf_counter() - start, memory, page.stat().st_size / 1e6


_OBSERVER = """
window.tasks = [];
new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => one.duration)))
  .observe({ type: "longtask", buffered: true });
"""


def browser(size: tuple[int, int] = (1366, 768)):
    """Debian's Chromium without a window and without the network, noting long tasks in `window.tasks`, with a trace."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", f"--window-size={size[0]},{size[1]}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    categories = "disabled-by-default-devtools.timeline,blink.user_timing"
    tracing = {"enableNetwork": False, "enablePage": False, "traceCategories": categories}
    options.add_experimental_option("perfLoggingPrefs", tracing)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _OBSERVER})
    return driver


def stalls(page: Path) -> dict[str, tuple[list[float], float]]:
    """What the page's main thread was busy with, by what was done: the tasks of 50 ms and more by the clock, and the
    longest task in time of the processor. In milliseconds."""
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import WebDriverWait

    driver = browser()
    clock: dict[str, list[float]] = {}

    def done(name: str) -> None:
        time.sleep(1.5)  # until what was begun is finished
        clock[name] = driver.execute_script("performance.mark(arguments[0]); return window.tasks.splice(0)", name)

    try:
        driver.get(page.as_uri())
        start = time.monotonic()
        ready = "return document.documentElement.dataset.ready && document.documentElement.dataset.world"
        WebDriverWait(driver, 60).until(lambda d: d.execute_script(ready))
        print(f"  opened in {time.monotonic() - start:.1f} s, with the picture of the world")
        done("open")
        box = driver.find_element(By.ID, "map")
        for dx, dy in ((200, 0), (-150, 80), (-200, -60), (100, 40)) * 2:
            ActionChains(driver).drag_and_drop_by_offset(box, dx, dy).perform()
        done("pan")
        body = driver.find_element(By.ID, "list")
        for key in "+++----":
            body.send_keys(key)
            time.sleep(0.5)
        done("zoom")
        text = driver.find_element(By.ID, "text")
        for letter in (*"iss04", *[Keys.BACKSPACE] * 5):
            text.send_keys(letter)
            time.sleep(0.2)
        done("text")
        driver.find_element(By.ID, "more").click()
        for check in driver.find_elements(By.CSS_SELECTOR, "#statuses input") * 2:
            check.click()
            time.sleep(0.3)
        driver.find_element(By.ID, "least").send_keys("50")
        driver.find_element(By.ID, "in-view").click()
        done("filters")
        driver.find_element(By.CSS_SELECTOR, "[type=reset]").click()
        for value in ("taken_at", "confidence", "photo"):
            driver.find_element(By.CSS_SELECTOR, f"#sort [value={value}]").click()
            time.sleep(0.3)
        done("sort")
        for key in (*[Keys.ARROW_DOWN] * 40, Keys.END, Keys.HOME, *"jjjkk", Keys.ENTER):
            body.send_keys(key)
        done("select")
        driver.find_element(By.ID, "csv").click()
        done("export")
        processor = _longest(driver.get_log("performance"), list(clock))
    finally:
        driver.quit()
    return {name: (tasks, processor.get(name, math.nan)) for name, tasks in clock.items()}


def _longest(log: list[dict], names: list[str]) -> dict[str, float]:
    """The longest task of the page before each mark and after the one before it, in ms of the processor."""
    messages = (json.loads(entry["message"])["message"] for entry in log)
    events = [message["params"] for message in messages if message["method"] == "Tracing.dataCollected"]
    marks = {event["name"]: event for event in events if "user_timing" in event["cat"] and event["name"] in names}
    here = {(mark["pid"], mark["tid"]) for mark in marks.values()}
    tasks = [
        one for one in events if (one["pid"], one["tid"]) in here and one["name"].endswith("RunTask") and "dur" in one
    ]
    found, start = {}, 0
    for name in names:
        if name not in marks:  # the trace of a large page fills its buffer
            break
        end = marks[name]["ts"]
        between = [one for one in tasks if start < one["ts"] + one["dur"] < end]
        found[name] = max((one.get("tdur", 0) / 1000 for one in between), default=0)
        start = end
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=100_000)
    args = parser.parse_args()
    folder = WORK / "page"
    folder.mkdir(parents=True, exist_ok=True)
    for n in filter(None, (args.photos, args.large)):
        catalogue, page = folder / f"{n}.parquet", folder / f"{n}.html"
        if not catalogue.exists():
            write_parquet(catalogue, rows(n))
        seconds, memory, size = made(catalogue, page)
        print(f"{n} photos: {seconds:.1f} s, at most {memory:.0f} MB of memory, page of {size:.1f} MB")
        for what, (tasks, processor) in stalls(page).items():
            clock = f"{max(tasks):.0f} ms" if tasks else "under 50 ms"
            over = sum(one > 100 for one in tasks)
            print(f"  {what:8} {processor:3.0f} ms of the processor; by the clock {clock}, {over} over 100 ms")


if __name__ == "__main__":
    main()
