"""The page of a catalogue in Debian's Chromium, as a reader uses it: keyboard, filters, hostile rows, no network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from engine import geo
from engine.catalogue.columns import ELLIPSE
from engine.catalogue.page import make_page
from engine.catalogue.parquet import write_parquet

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
pytestmark = pytest.mark.skipif(
    not (shutil.which(CHROMIUM) and shutil.which(DRIVER)),
    reason="the page is tested in Debian's Chromium: apt-get install chromium chromium-driver",
)

EVIL = '</script><script>window.run = 1</script><img src="http://127.0.0.1:9/x" onerror="window.run = 1">'


def row(photo: str, status: str, lat: float, lon: float, **values: Any) -> dict[str, Any]:
    square = geo.to_geojson(geo.square_corners(lat, lon, 300.0))
    return {"photo": photo, "status": status, "center_lat": lat, "center_lon": lon, "geometry": square, **values}


ROWS = [
    row("a.jpg", "located", 42.0, 13.0, confidence=0.9994, camera="NIKON D4", nadir_lat=41.0, nadir_lon=14.0),
    row("b.jpg", "uncertain", 30.0, 31.0, confidence=0.4, camera="NIKON D5"),
    row("c.jpg", "by_pass", -12.0, 179.5, confidence=None, message="Predicted."),
    {"photo": "d.jpg", "status": "not_found", "message": "No ground."},
    row("http://127.0.0.1:9/e.jpg", "located", 10.0, 10.0, confidence=1.0, photo_id=EVIL, message=EVIL, camera=EVIL),
    {"photo": f"z{EVIL}", "status": EVIL, "message": EVIL, "reason": EVIL},
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    write_parquet(folder / "c.parquet", ROWS)
    table = pq.read_table(folder / "c.parquet")
    for name, value in zip(ELLIPSE, (200.0, 40.0, 45.0), strict=True):
        if name in table.column_names:
            table = table.drop_columns([name])
        table = table.append_column(name, pa.array([value if r["status"] == "by_pass" else None for r in ROWS]))
    pq.write_table(table, folder / "c.parquet")
    (folder / "photos").mkdir()
    for name in ("a.jpg", "c.jpg"):
        Image.fromarray(np.full((60, 90, 3), 120, np.uint8)).save(folder / "photos" / name)
    make_page(folder / "c.parquet", folder / "page.html", EVIL, folder / "photos")
    return folder / "page.html"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--window-size=1280,800",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def opened(chromium: Any, page: Path) -> Any:
    """The page, newly opened."""
    chromium.get("about:blank")
    chromium.get(page.as_uri())
    until(chromium, "return document.documentElement.dataset.ready")
    return chromium


def until(driver: Any, script: str) -> Any:
    """Waits until a script returns something that is true, and returns it."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 30, poll_frequency=0.05).until(lambda d: d.execute_script(script), script)


def press(driver: Any, *keys: str) -> None:
    """Presses keys where the focus is."""
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(driver, duration=0).send_keys(*keys).perform()


def focused(driver: Any) -> str:
    return driver.execute_script("return document.activeElement.id || document.activeElement.className")


def text(driver: Any, selector: str) -> str:
    return driver.execute_script("return document.querySelector(arguments[0]).innerText", selector)


def test_hostile_rows_do_nothing_and_nothing_is_fetched(opened: Any, page: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    until(opened, "return document.documentElement.dataset.world")
    assert opened.get_log("browser") == []  # no error, and nothing that the policy had to refuse
    opened.find_element("id", "list").click()
    for _ in ROWS:
        press(opened, Keys.ARROW_DOWN)
    press(opened, Keys.HOME)
    opened.find_element("id", "tab-statistics").click()
    assert EVIL in text(opened, "#statistics")
    assert text(opened, "h1") == opened.title == EVIL
    assert opened.execute_script("return [...document.getElementById('camera').options].at(-3).text") == EVIL
    assert opened.execute_script("return window.run") is None
    assert not [entry for entry in opened.get_log("browser") if "Content Security Policy" in entry["message"]]
    sent = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"]
    assert page.as_uri() in asked
    elsewhere = [address for address in asked if address.split(":")[0] not in ("file", "data", "blob", "about")]
    assert elsewhere == []
    assert all(Path(one[7:]).is_relative_to(page.parent) for one in asked if one.startswith("file:"))
    # The policy is as strict as it says: a script from the outside of the page's own cannot fetch either.
    assert opened.execute_async_script("fetch('data:,x').then(() => arguments[0](1), () => arguments[0](0))") == 0


def test_everything_is_reached_by_keys_and_seen_to_be(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    opened.find_element("id", "more").send_keys(Keys.ENTER)
    opened.execute_script("document.body.tabIndex = -1; document.body.focus()")
    seen: list[str] = []
    for _ in range(60):
        press(opened, Keys.TAB)
        name, outline = opened.execute_script(
            "const e = document.activeElement, s = getComputedStyle(e);"
            "const seen = s.outlineStyle !== 'none' && s.outlineWidth !== '0px';"
            "return [e.id || e.value || e.className || e.tagName, seen];"
        )
        if name == "BODY" or (len(seen) > 1 and name == seen[0]):
            break
        if name not in seen:  # a date has several fields
            seen.append(name)
        assert outline, f"{name} does not show that it has the focus"
    wanted = ["skip", "text", "more", "located", "by_pass", "least", "most", "first", "camera", "cloud", "in-view",
              "sort", "csv", "list", "map", "SUMMARY", "leaflet-control-zoom-in", "tab-statistics"]  # fmt: skip
    assert [name for name in seen if name in wanted] == wanted
    nameless = opened.execute_script(
        "return [...document.querySelectorAll('input, select, button, a, section, [tabindex]:not(body)')].filter((e) =>"
        "  !e.closest('[hidden]') && !e.labels?.length && !e.ariaLabel && !e.innerText"
        "  && !e.getAttribute('aria-labelledby')).map((e) => e.outerHTML)"
    )
    assert nameless == []


def test_keys_choose_a_photo_and_show_it_beside_the_map(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    zoom = "return document.querySelector('.leaflet-control-scale-line').textContent"
    before = opened.execute_script(zoom)
    opened.find_element("id", "list").send_keys(Keys.ARROW_DOWN)
    assert text(opened, "#photo h2") == "a.jpg"
    assert opened.execute_script("return document.querySelector('#photo').hidden") is False
    until(opened, "return document.querySelector('#photo img').naturalWidth === 90")
    chosen = opened.execute_script(
        "const list = document.getElementById('list');"
        "return document.getElementById(list.getAttribute('aria-activedescendant')).getAttribute('aria-selected')"
    )
    assert chosen == "true"
    opened.find_element("id", "tab-statistics").click()
    opened.find_element("id", "list").send_keys(Keys.ENTER)
    assert opened.execute_script("return document.querySelector('#photo').hidden") is False
    until(opened, f"return (() => {{ {zoom} }})() !== {json.dumps(before)}")  # the map went to the footprint
    press(opened, Keys.ARROW_DOWN)
    assert text(opened, "#photo h2") == "b.jpg"
    until(opened, "return document.querySelector('.picture').innerText.includes('b.jpg is missing')")
    press(opened, "k")
    assert text(opened, "#photo h2") == "a.jpg"
    press(opened, "/")
    assert focused(opened) == "text"
    press(opened, "no such photo")
    until(opened, "return document.getElementById('list').innerText.includes('No photo passes the filters.')")
    assert text(opened, "#photo h2") == "a.jpg"  # the chosen photo stays
    press(opened, Keys.ESCAPE)
    assert focused(opened) == "list"
    press(opened, Keys.ESCAPE)
    until(opened, "return document.getElementById('statistics').innerText.trim() === 'No photo passes the filters.'")
    # What is seen stays in the address, to be sent to somebody.
    until(opened, "return location.hash.includes('text=no+such+photo')")


def test_by_pass_is_a_status_of_its_own(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    counts = "return [...document.querySelector('#statistics table').rows].map((row) => row.textContent)"
    assert {"located2 (33 %)", "by the pass, not located1 (17 %)"} <= set(opened.execute_script(counts))
    opened.find_element("css selector", ".legend summary").click()
    assert "by the pass: predicted, not fitted" in text(opened, ".legend")
    box = opened.find_element("css selector", "#statuses [value=by_pass]")
    box.click()
    until(opened, "return document.getElementById('summary').textContent === '5 of 6 photos'")
    opened.find_element("css selector", "[type=reset]").click()
    until(opened, "return document.getElementById('summary').textContent === '6 photos'")
    for check in opened.find_elements("css selector", "#statuses input"):
        if check.get_attribute("value") != "by_pass":
            check.click()
    until(opened, "return document.getElementById('summary').textContent === '1 of 6 photos'")
    opened.find_element("id", "list").send_keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert "by the pass, not located" in text(opened, "#photo")
    assert "± 200 km at azimuth 45°, ± 40 km across" in text(opened, "#photo")
    # The ellipse is drawn around the footprint's centre, though this lies by the 180th meridian.
    middle = (
        "const box = (one) => one.getBoundingClientRect();"
        "const middle = (one) => [box(one).x + box(one).width / 2, box(one).y + box(one).height / 2];"
        "const [, ring, ellipse] = document.querySelectorAll('path.chosen');"
        "return ellipse && [...middle(ring), ...middle(ellipse), box(ellipse).width];"
    )
    x, y, ellipse_x, ellipse_y, width = until(opened, middle)
    assert (ellipse_x, ellipse_y) == pytest.approx((x, y), abs=6)
    assert width > 20
