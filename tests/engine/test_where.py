"""Where a photo could have been taken: cells, distributions, kernel density, prior, and their product."""

import datetime
import json

import numpy as np
import pyproj
import pytest
import shapely
import shapely.geometry
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine import geo
from engine.contract.localization import Where
from engine.contract.parameters import NO_HINT_KM2
from engine.contract.validation import InvalidValueError, validated
from engine.localize import Localizer, Query
from engine.retrieval.index import RegionalIndex
from engine.retrieval.search import Ranked
from engine.retrieval.tiling import TILE_DTYPE
from engine.sun import sun_position
from engine.voting.poses import Pose
from engine.where import cells, prior
from engine.where.density import kernel_density
from engine.where.distribution import Distribution
from engine.where.estimator import Estimator, Expert
from engine.where.evidence import Evidence
from engine.where.recall import AreaRecall
from engine.where.sources import DaylightSource, Kernels, NadirSource, TilesSource, VotesSource

PLACES = st.tuples(st.floats(-85.0, 85.0), st.floats(-180.0, 179.999))
NO_PIXELS = np.zeros((8, 8, 3), np.uint8)
KERNELS = Kernels(count=10, gain=5.0, background=0.0, bandwidth=0.2)


def around(lat: float, lon: float, sd_km: float) -> Distribution:
    """A Gaussian around a place."""
    return Distribution.from_log(-0.5 * (geo.distance_km(*cells.centers(), lat, lon) / sd_km) ** 2)


def area_on_ellipsoid_km2(level: int, row: int, column: int) -> float:
    lat, lon = cells.edges(level)
    east = np.linspace(lon[column], lon[column + 1], 500)
    ring_lat = np.concatenate([np.full(500, lat[row]), np.full(500, lat[row + 1])])
    ring_lon = np.concatenate([east, east[::-1]])
    area_m2, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(ring_lon, ring_lat)
    return abs(area_m2) / 1e6


# -- cells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", range(cells.FINEST + 1))
def test_cells_have_equal_areas_on_the_ellipsoid(level: int) -> None:
    rows, columns = cells.shape(level)
    for row in (1, rows // 3, rows // 2, rows - 2):
        assert area_on_ellipsoid_km2(level, row, columns // 4) == pytest.approx(cells.area_km2(level), rel=1e-3)


@given(PLACES, st.integers(0, cells.FINEST))
def test_a_place_lies_in_its_cell(place: tuple[float, float], level: int) -> None:
    row, column = divmod(int(cells.cell_of(*place, level)), cells.shape(level)[1])
    lat, lon = cells.edges(level)
    assert lat[row + 1] - 1e-9 <= place[0] <= lat[row] + 1e-9
    assert lon[column] - 1e-9 <= place[1] <= lon[column + 1] + 1e-9


@given(PLACES)
def test_a_cell_lies_in_the_cell_of_the_coarser_level(place: tuple[float, float]) -> None:
    row, column = divmod(int(cells.cell_of(*place)), cells.shape()[1])
    coarse = divmod(int(cells.cell_of(*place, cells.FINEST - 1)), cells.shape(cells.FINEST - 1)[1])
    assert (row // 2, column // 2) == coarse


def test_middles_lie_in_their_cells() -> None:
    assert (cells.cell_of(*cells.centers(2), 2) == np.arange(cells.count(2))).all()


def test_cells_of_a_level_add_up() -> None:
    values = np.random.default_rng(1).random(cells.shape())
    coarse = cells.coarser(values, 2)
    assert coarse.shape == cells.shape(cells.FINEST - 2)
    assert coarse[3, 5] == pytest.approx(values[12:16, 20:24].sum())
    assert cells.finer(coarse, 2)[13, 21] == coarse[3, 5]


# -- distribution -------------------------------------------------------------------------------


def test_search_areas_hold_what_they_say_and_nest() -> None:
    found = around(45.0, 10.0, 300.0)
    masks = [found.search_area(percent) for percent in (50, 90, 99)]
    for mask, percent in zip(masks, (50, 90, 99), strict=True):
        inside = found.probability[mask].sum()
        assert percent / 100 <= inside <= percent / 100 + found.probability.max()
    assert not (masks[0] & ~masks[1]).any()
    assert not (masks[1] & ~masks[2]).any()
    # Of a Gaussian in the plane, 90 % lie within 2.146 standard deviations.
    assert found.area_km2(90) == pytest.approx(np.pi * (2.146 * 300.0) ** 2, rel=0.02)


def test_area_until_a_place_is_found() -> None:
    found = around(45.0, 10.0, 300.0)
    assert found.area_until_km2(45.0, 10.0) < 20 * cells.area_km2()
    north = geo.LocalFrame(45.0, 10.0).to_lat_lon([0.0], [600.0])
    assert found.area_until_km2(float(north[0][0]), float(north[1][0])) == pytest.approx(np.pi * 600.0**2, rel=0.12)
    nothing_known = Distribution.from_log(np.zeros(cells.count()))
    assert nothing_known.area_until_km2(45.0, 10.0) == pytest.approx(cells.MAP_AREA_KM2 / 2, rel=1e-4)


@settings(max_examples=25, deadline=None)
@given(PLACES)
def test_a_place_is_in_the_areas_above_its_percentage(place: tuple[float, float]) -> None:
    found = around(10.0, 20.0, 2500.0)
    percent = found.percent_at(*place)
    row, column = divmod(int(cells.cell_of(*place)), cells.shape()[1])
    here = 100.0 * found.probability[row, column]
    if here > 1e-6:  # others are lost in the rounding of the sum
        assert found.search_area(min(percent + here / 2, 100.0))[row, column]
        assert percent == 0 or not found.search_area(percent - here / 2)[row, column]


def test_regions_are_joined_across_180_degrees() -> None:
    lat, lon = cells.centers()
    two = np.exp(-0.5 * (geo.distance_km(lat, lon, -17.0, 180.0) / 200.0) ** 2)
    other = 0.25 * np.exp(-0.5 * (geo.distance_km(lat, lon, 40.0, 20.0) / 200.0) ** 2)
    found = Distribution.from_log(np.log(two + other + 1e-30)).regions(99)
    assert len(found) == 2
    assert found[0].probability / found[1].probability == pytest.approx(4.0, rel=0.15)
    assert geo.distance_km(*found[0].center, -17.0, 180.0) < 60.0
    assert geo.distance_km(*found[1].center, 40.0, 20.0) < 60.0


def test_outline_covers_the_search_area_and_is_valid() -> None:
    found = around(-17.0, 179.0, 400.0)
    outline = found.outline(90)
    assert outline.is_valid
    assert outline.bounds[::2] == (-180.0, 180.0)  # in two parts, none of which crosses 180 degrees
    inside = shapely.contains_xy(outline, *reversed(cells.centers()))
    assert (inside.reshape(cells.shape()) == found.search_area(90)).all()


def test_encoded_distribution_is_small_and_comes_back() -> None:
    found = around(45.0, 10.0, 300.0)
    text = found.encoded()
    assert len(text) < 10_000
    back = Distribution.decoded(text)
    likely = found.probability > found.probability.max() * 1e-6
    assert back.probability[likely] == pytest.approx(found.probability[likely], rel=0.1)
    assert back.area_km2(90) == pytest.approx(found.area_km2(90), rel=0.02)


@pytest.mark.parametrize(
    "text", ["", "no base64!", "AAAA", Distribution.from_log(np.zeros(cells.count())).encoded()[:-8]]
)
def test_a_damaged_code_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Distribution.decoded(text)


def test_a_code_that_grows_without_end_is_refused() -> None:
    import base64
    import zlib

    bomb = base64.b64encode(zlib.compress(bytes(200_000_000), 9)).decode()
    with pytest.raises(InvalidValueError, match="cells"):
        Distribution.decoded(bomb)


def test_no_possible_cell_is_an_error() -> None:
    with pytest.raises(ValueError, match="possible"):
        Distribution.from_log(np.full(cells.count(), -np.inf))


# -- kernel density -----------------------------------------------------------------------------


def test_kernels_keep_their_weights_and_widths() -> None:
    found = kernel_density([10.0, 60.0], [20.0, 30.0], [3.0, 1.0], [150.0, 300.0])
    assert found.sum() == pytest.approx(4.0)
    first = geo.distance_km(*cells.centers(), 10.0, 20.0)
    assert found[first < 700.0].sum() == pytest.approx(3.0, rel=1e-3)
    # Mean squared distance of a Gaussian in the plane: two variances.
    assert (found * first**2)[first < 700.0].sum() / 3.0 == pytest.approx(2 * 150.0**2, rel=0.06)


def test_the_tail_of_a_kernel_takes_from_its_middle_and_reaches_farther() -> None:
    places = tuple(np.array([value]) for value in (20.0, 10.0, 400.0, 1.0))
    plain = Kernels(10, 1.0, -50.0, 0.2)
    tailed = Kernels(10, 1.0, -50.0, 0.2, tail=0.3, tail_bandwidth=0.6)
    before, after = (np.exp(kernels.log_density(places)) * prior.orbit_probability() for kernels in (plain, tailed))
    assert before.sum() == pytest.approx(after.sum(), rel=0.02)
    middle, beside = (int(cells.cell_of(lat, 10.0)) for lat in (20.0, 22.5))  # 280 km away: 3.5 bandwidths
    assert after[middle] == pytest.approx((0.7 + 0.3 / 9) * before[middle], rel=0.05)
    assert after[beside] > 3 * before[beside]


def test_a_kernel_reaches_across_180_degrees() -> None:
    found = kernel_density(0.0, 179.9, 1.0, 200.0)
    _, lon = cells.centers()
    assert found[lon < 0].sum() == pytest.approx(0.5, abs=0.03)


def test_no_kernel_gives_nothing() -> None:
    assert not kernel_density([], [], [], []).any()


# -- prior --------------------------------------------------------------------------------------


def test_prior_favours_land_below_the_orbit() -> None:
    density = prior.orbit_log_density()

    def at(lat: float, lon: float) -> float:
        return float(density[cells.cell_of(lat, lon)])

    assert at(50.0, 30.0) > at(0.0, 20.0) > at(80.0, -40.0)  # Ukraine, Congo, Greenland
    assert at(0.0, 20.0) > at(0.0, -140.0)  # land, open ocean
    assert prior.orbit_probability().sum() == pytest.approx(1.0)


def test_sun_is_where_the_almanac_says() -> None:
    noon = datetime.datetime(2024, 6, 21, 12, tzinfo=datetime.UTC)
    lat, lon = np.array([51.48, 0.0, 51.48]), np.array([0.0, 0.0, 180.0])
    # At the solstice the Sun stands over 23.44 N; 12:00 UTC is two minutes before noon at Greenwich.
    assert sun_position(lat, lon, noon)[1] == pytest.approx([61.95, 66.56, -15.08], abs=0.3)


def test_daylight_takes_a_time_of_any_zone_and_no_nonsense() -> None:
    evidence = Evidence(NO_PIXELS, taken_at="2024-06-21T14:00:00+02:00")
    by_day = DaylightSource().log_density(evidence)
    assert by_day is not None
    assert by_day[cells.cell_of(0.0, 0.0)] > by_day[cells.cell_of(0.0, 180.0)]
    for text in ("yesterday", "2024:06:21 14:00:00", "9999-99-99"):
        assert DaylightSource().log_density(Evidence(NO_PIXELS, taken_at=text)) is None


# -- sources and their product ----------------------------------------------------------------------


def ranked(places: list[tuple[float, float, float]]) -> Ranked:
    tiles = np.zeros(len(places), TILE_DTYPE)
    tiles["lat"], tiles["lon"], similarity = np.array(places).T
    tiles["width_km"] = 300.0
    none = np.zeros(len(places), np.int64)
    return Ranked([], none, tiles, none, similarity, similarity)


def evidence_of_two_places() -> Evidence:
    tiles = ranked([(45.0, 10.0, 0.9), (30.0, -100.0, 0.85), (-25.0, 130.0, 0.2)])
    return Evidence(NO_PIXELS, tiles=tiles, poses=[Pose(45.5, 10.5, 300.0, 0.0, 12.0, 40)], nadir=(44.0, 12.0))


def test_experts_agree_on_the_place_that_all_of_them_allow() -> None:
    experts = [Expert(TilesSource(KERNELS), 1.0), Expert(VotesSource(KERNELS), 1.0), Expert(NadirSource(), 1.0)]
    found = Estimator(experts).estimate(evidence_of_two_places())
    best = found.distribution.regions(90)[0]
    assert geo.distance_km(*best.center, 45.3, 10.3) < 100.0
    assert list(found.densities) == ["tiles", "votes", "nadir"]


def test_an_exponent_of_zero_leaves_the_prior() -> None:
    found = Estimator([Expert(TilesSource(KERNELS), 0.0)]).estimate(evidence_of_two_places())
    assert found.distribution.probability.ravel() == pytest.approx(prior.orbit_probability(), abs=1e-12)


def test_without_evidence_the_answer_is_the_prior() -> None:
    experts = [Expert(source, 1.0) for source in (TilesSource(KERNELS), VotesSource(KERNELS), NadirSource())]
    found = Estimator(experts).estimate(Evidence(NO_PIXELS))
    assert found.densities == {}
    assert found.distribution.probability.ravel() == pytest.approx(prior.orbit_probability(), abs=1e-12)


def test_estimate_is_valid_json_of_the_contract() -> None:
    left_out = [{"source": "geodecoder", "reason": "its file is missing"}]
    answer = Estimator([Expert(TilesSource(KERNELS), 1.0)], left_out).estimate(evidence_of_two_places()).as_json()
    assert validated(json.loads(json.dumps(answer)), Where) == answer
    assert answer["left_out"] == left_out
    fifty, ninety, ninety_nine = (area["area_km2"] for area in answer["areas"])
    assert fifty <= ninety <= ninety_nine
    assert shapely.geometry.shape(answer["areas"][1]["outline"]).is_valid
    assert Distribution.decoded(answer["map"]).area_km2(90) == pytest.approx(ninety, rel=0.05)


# -- recall against area --------------------------------------------------------------------------


def test_recall_against_area_by_hand() -> None:
    area = AreaRecall(Estimator([Expert(VotesSource(KERNELS), 1.0), Expert(NadirSource(), 1.0)]))
    found = Evidence(NO_PIXELS, poses=[Pose(45.0, 10.0, 300.0, 0.0, 12.0, 40)])
    for _ in range(9):
        area.add(found, (45.0, 10.0))
    area.add(found, (-25.0, 130.0))  # the votes are wrong
    summary = area.summary()
    assert summary["area_km2"] == summary["area_by_source"]["votes"]  # no nadir is stated
    assert summary["area_km2"]["90"] < 50 * cells.area_km2()
    assert summary["area_curve"][-1] > 1e6
    assert summary["area_by_source"]["land, uniform"]["50"] > 5e7
    assert summary["area_by_source"]["all without votes"] == summary["area_by_source"]["orbit and land"]
    assert summary["area_calibration"]["99"] == 90.0


def test_recall_without_photos_is_empty() -> None:
    assert AreaRecall(Estimator([])).summary() == {}


# -- photos that show nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("nadir", [None, (44.0, 6.0)])
def test_a_black_photo_is_where_photos_are_taken_at_all(small_index_folder, model, tmp_path, nadir) -> None:
    path = tmp_path / "black.png"
    Image.fromarray(np.zeros((200, 300, 3), np.uint8)).save(path)
    localizer = Localizer([RegionalIndex.open(small_index_folder)], [model])
    answer = localizer.localize(Query(path, nadir, where=True))
    assert answer["status"] == "not_found"
    area_km2 = answer["where"]["areas"][1]["area_km2"]
    if nadir is None:
        assert area_km2 == pytest.approx(Distribution.from_log(prior.orbit_log_density()).area_km2(90), rel=1e-3)
        assert area_km2 > NO_HINT_KM2
    else:
        assert geo.distance_km(*answer["where"]["regions"][0]["center"], *nadir) < 300.0
