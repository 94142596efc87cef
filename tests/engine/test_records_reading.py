"""Catalogues of photos, read from files: NASA's tables and replies, EarthKAM's CSV, lists of ids; good and bad ones."""

from __future__ import annotations

import gzip
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records_kit import REPLY

from engine.ellipsoid import local_axes, surface_point
from engine.errors import InputError
from engine.geo import LocalFrame, distance_km, to_polygon
from engine.records.collect import Task, collect
from engine.records.footprints import stated_footprints
from engine.records.record import Moment, Tally
from engine.records.sources import KINDS, Source
from engine.registration.camera import Camera
from engine.registration.footprint import corners

FRAMES = "MISSION\tROLL\tFRAME\tTILT\tPDATE\tPTIME\tCLDP\tFCLT\tLAT\tLON\tNLAT\tNLON\tCAMERA\n"
MLCOORD = (
    "MISSION\tROLL\tFRAME\tLAT\tLON\tORIENTATION\tUL_LAT\tUL_LON\tUR_LAT\tUR_LON\tLR_LAT\tLR_LON\tLL_LAT\tLL_LON\n"
)


def read(path, content, kind="auto"):
    """The records of a file with this content by id, and the tally."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    tally = Tally()
    return {record.photo_id: record for record in Source(path, kind).records(tally)}, tally


def reasons(tally):
    return {str(one.reason): one.count for one in tally.complaints()}


# -- NASA -----------------------------------------------------------------------------------------------


def test_a_saved_reply_of_the_api(tmp_path):
    records, tally = read(tmp_path / "reply.json", json.dumps(REPLY))
    assert list(records) == ["ISS064-E-48617", "ISS064-E-48618", "ISS064-E-48619"]
    assert (tally.rows, tally.complaints()) == (3, [])
    full, part, bare = records.values()
    assert full.taken_at == Moment("2021-03-27T09:23:05Z", "second")
    assert (full.nadir, full.nadir_step_deg) == ((41.2, 10.9), 0.1)
    assert (full.center, full.center_step_deg) == ((43.41, 12.13), 0.01)  # of mlcoord, finer than that of the frame
    assert full.corners == ((44.0, 11.0), (44.2, 13.1), (42.9, 13.2), (42.7, 11.2))
    assert (full.focal_length_mm, full.camera, full.tilt_deg, full.cloud_percent) == (50.0, "N6", 23.0, 10.0)
    assert (full.sun_azimuth_deg, full.sun_elevation_deg, full.orientation_deg) == (140.0, 48.0, 101.5)
    (file,) = full.files
    assert (file.directory, file.name, file.width_px) == ("ESC/large/ISS064", "ISS064-E-48617.JPG", 5568)
    assert (part.taken_at, part.tilt_code, part.tilt_deg) == (Moment("2021-03", "month"), "HO", None)
    assert (part.focal_length_mm, part.center, part.corners) == (None, None, None)
    assert (bare.nadir, bare.taken_at) == (None, Moment("2021-03-27", "day"))


def test_dumps_of_several_tables_become_one_record_a_photo(tmp_path):
    frames, places = tmp_path / "frames.tsv", tmp_path / "mlcoord.tsv.gz"
    frames.write_text(
        FRAMES
        + "ISS042\tE\t104433\tLO\t20150203\t92305\t5\t24\t42\t17\t40.1\t14.9\tN5\n"
        + "STS059\t213\t19\tNV\t19940411\t\t\t250\t-33.5\t151\t-33\t150.5\tHB\n"
    )
    places.write_bytes(
        gzip.compress((MLCOORD + "ISS042\tE\t104433\t42.31\t17.2\t12\t44\t14\t44.5\t20\t41\t20\t40.5\t14.5\n").encode())
    )
    found = collect(Task([Source(frames), Source(places)]))
    italy, sydney = found.records.values()
    assert (italy.photo_id, italy.taken_at.text) == ("ISS042-E-104433", "2015-02-03T09:23:05Z")
    assert (italy.center, italy.center_step_deg) == ((42.0, 17.0), 1.0)  # the first that states a value is believed
    assert italy.corners == ((44.0, 14.0), (44.5, 20.0), (41.0, 20.0), (40.5, 14.5))
    assert (sydney.photo_id, sydney.taken_at.text, sydney.nadir) == ("STS059-213-19", "1994-04-11", (-33.0, 150.5))
    assert (found.tally.rows, found.tally.complaints()) == (3, [])


def test_footprints_of_mlcoord(tmp_path):
    path = tmp_path / "mlcoord.tsv"
    path.write_text(
        MLCOORD
        + "ISS064\tE\t1\t43\t12\t0\t44\t11\t44\t13\t42\t13\t42\t11\n"
        + "ISS064\tE\t2\t-17\t180\t0\t-16\t179\t-16\t-179\t-18\t-179\t-18\t179\n"  # across the 180th meridian
        + "ISS064\tE\t3\t43\t12\t0\t44\t11\t42\t13\t44\t13\t42\t11\n"  # two corners changed places
        + "ISS064\tE\t4\t43\t12\t0\t\t\t\t\t\t\t\t\n"
    )
    tally = Tally()
    found = list(stated_footprints(path, tally))
    assert [one.photo_id for one in found] == ["ISS064-E-1", "ISS064-E-2"]
    assert found[0].corners == ((44, 11), (44, 13), (42, 13), (42, 11))
    assert to_polygon(found[1].corners).bounds == pytest.approx((-180.0, -18.0, 180.0, -16.0), abs=0.01)
    assert to_polygon(found[1].corners).area == pytest.approx(4.0, abs=0.02)
    assert found[0].record.center == (43.0, 12.0)
    assert (tally.rows, reasons(tally)) == (4, {"footprint that crosses itself or has no area": 1})


def test_absurd_values_are_told_once_with_counts_and_the_rest_goes_on(tmp_path):
    good = "ISS064\tE\t9\t20\t20210327\t092305\t5\t50\t42\t17\t40.1\t14.9\tN5\n"
    rows = [
        "ISS064\tE\tten\t20\t20210327\t\t\t\t\t\t\t\t\n",  # no photo
        "\t\t\t20\t20210327\t\t\t\t\t\t\t\t\n",
        "STS999\t1\t1\t20\t19940411\t\t\t\t\t\t\t\t\n",  # there were 135 missions
        "ISS064\tE\t1\t20\t19690720\t201740\t\t\t\t\t\t\t\n",  # before the station flew
        "ISS064\tE\t2\t20\t19981119\t\t\t\t\t\t\t\t\n",
        "ISS064\tE\t3\t20\t19990601\t\t\t\t\t\t\t\t\n",  # it flew, with nobody aboard
        "ISS064\tE\t4\t20\t21450101\t\t\t\t\t\t\t\t\n",
        "ISS064\tE\t5\t20\t20210231\t\t\t\t\t\t\t\t\n",
        "ISS064\tE\t6\t20\t20210327\t256199\t\t\t\t\t\t\t\n",
        "ISS064\tE\t7\t123\t20210327\t\t400\t-50\t95\t10\t71\t10\t\n",
        "ISS064\tE\t8\tsteep\t20210327\t\tnan\t1e999\t42\t\tabc\t10\t\n",
        good, good,
        good.rstrip("\n") + "\tone\ttoo many\n",
    ]  # fmt: skip
    path = tmp_path / "frames.tsv"
    path.write_text(FRAMES + "".join(rows))
    found = collect(Task([Source(path)]))
    assert found.tally.rows == 14
    assert reasons(found.tally) == {
        "no id of a photo": 2,
        "no mission, roll and frame": 1,
        "row with more values than columns": 1,
        "photo that is listed again": 1,
        "time before the craft flew": 2,
        "time before the station had a crew": 1,
        "time after the craft flew or in the future": 1,
        "time that is none": 2,
        "tilt outside 0 to 90": 1,
        "tilt that is no number": 1,
        "cloud percentage outside 0 to 100": 1,
        "focal length outside 0 to 5000": 1,
        "focal length that is no number": 1,
        "centre outside the Earth": 1,
        "centre with only one coordinate": 1,
        "nadir where the craft never flew": 1,
        "nadir that is no number": 1,
    }
    assert len(found.records) == 9
    assert found.records["ISS064-E-1"].taken_at is None
    assert found.records["ISS064-E-9"].nadir == (40.1, 14.9)
    told = found.tally.complaints()[0]
    assert (str(told.reason), told.examples[0]) == ("no id of a photo", "frames.tsv, line 2: ISS064-E-ten")


@given(st.lists(st.dictionaries(st.sampled_from(sorted({*REPLY[0], "frames.x", "x"})), st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=2),
    st.sampled_from(["ISS064", "E", "48617", "20210327", "91", "-181", "../..", "a.jpg"])))))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_no_reply_however_odd_is_a_crash(entries):
    from engine.records.nasa import parse_reply, reply_records

    tally = Tally()
    records = list(reply_records(parse_reply(json.dumps(entries), "host"), "host", tally))
    assert tally.rows == len(entries) == len(records) + tally.rejected
    for record in records:
        assert record.nadir is None or abs(record.nadir[0]) <= 63
        assert all(".." not in f"{file.directory}/{file.name}" for file in record.files)


@given(
    st.sampled_from(KINDS),
    st.sampled_from([FRAMES, MLCOORD, "id,lat1,lens,altitude\n", "photo_id\n", ""]),
    st.one_of(st.binary(max_size=60), st.text("\t,;\"'\n\r\\ISS064-E10.@", max_size=80).map(str.encode)),
)
@settings(max_examples=60, deadline=None)
def test_no_file_however_odd_is_a_crash(tmp_path_factory, kind, header, rest):
    path = tmp_path_factory.getbasetemp() / "odd.tsv"
    path.write_bytes(header.encode() + rest)
    tally = Tally()
    try:
        records = list(Source(path, kind).records(tally))
    except InputError:
        return
    assert len(records) + tally.rejected == tally.rows + reasons(tally).get("line that is too long", 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"error": "no such key \x1b[31m"}', "answers with an error"),
        (b"[1, 2", "something other than records"),
        (b"[" * 100_000, "something other than records"),
        (b"{}", "something other than records"),
        (b"", "holds nothing"),
        (b"\xff\xd8\xff\xe0 a picture", "is not a text file"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00 no gzip", "cannot be read as text"),
    ],
)
def test_files_that_are_no_catalogues(tmp_path, content, said):
    with pytest.raises(InputError, match=said) as failed:
        read(tmp_path / "reply.json", content)
    assert str(tmp_path / "reply.json") in str(failed.value)
    assert "\x1b" not in str(failed.value)


def test_paths_that_cannot_be_read(tmp_path):
    for path, said in ((tmp_path, "is a folder"), (tmp_path / "gone.csv", "there is no such file")):
        with pytest.raises(InputError, match=said):
            list(Source(path).records(Tally()))
    with pytest.raises(InputError, match="lacks columns"):
        read(tmp_path / "other.csv", "name,size\na,1\n", "earthkam")
    with pytest.raises(InputError, match="lacks columns"):
        read(tmp_path / "other.tsv", "NAME\tSIZE\na\t1\n", "tsv")


def test_names_of_files_cannot_lead_out_of_the_archive(tmp_path):
    entry = {"frames.mission": "ISS064", "frames.roll": "E", "frames.frame": "1", "images.directory": "ESC/large"}
    names = ["../../etc/passwd", "a b.jpg", "x.jpg?key=1", "photo.exe", "http://other/x.jpg", ".jpg"]
    entries = [{**entry, "images.filename": name} for name in names] + [
        {**entry, "images.directory": folder, "images.filename": "a.JPG"} for folder in ("..", "/../a", "a//b", "a\\b")
    ]
    records, tally = read(tmp_path / "reply.json", json.dumps(entries))
    assert records["ISS064-E-1"].files == ()
    assert reasons(tally) == {"file name that cannot be used": 10}


# -- EarthKAM -------------------------------------------------------------------------------------------

EARTH_KM, EARTH_GM, EARTH_TURN = 6378.137, 398600.4418, 7.2921159e-5
LENS_MM, SENSOR_MM, SENSOR_PX = 50.0, (27.6, 18.5), (3060, 2036)


def station(seconds: float) -> tuple[float, float, float, float]:
    """Latitude, longitude, altitude and heading of a station on a circular orbit, by its time."""
    altitude, tilt = 412.0, math.radians(51.64)
    along = math.sqrt(EARTH_GM / (EARTH_KM + altitude) ** 3) * seconds
    lat = math.asin(math.sin(tilt) * math.sin(along))
    turned = math.atan2(math.cos(tilt) * math.sin(along), math.cos(along)) - EARTH_TURN * seconds
    heading = math.atan2(math.cos(tilt), math.sin(tilt) * math.cos(along))
    return math.degrees(lat), (math.degrees(turned) + 540) % 360 - 180, altitude, math.degrees(heading)


def camera_at(seconds: float) -> Camera:
    """EarthKAM's camera looks straight down, with the top of its pictures forward."""
    lat, lon, altitude, heading = station(seconds)
    east, north, up = local_axes(lat, lon)
    forward = math.sin(math.radians(heading)) * east + math.cos(math.radians(heading)) * north
    axes = np.stack([np.cross(-up, -forward), -forward, -up])
    focal_px = LENS_MM / SENSOR_MM[0] * SENSOR_PX[0]
    return Camera(surface_point(lat, lon) + altitude * up, axes, focal_px, *SENSOR_PX)


def test_earthkam_agrees_with_the_camera_model(tmp_path):
    """The file states time, altitude, lens and corners; the camera model gives the corners from the first three."""
    header = (
        "Image ID,Time (UTC),Center Lat,Center Lon,Upper Left Lat,Upper Left Lon,Upper Right Lat,Upper Right Lon,"
        "Lower Right Lat,Lower Right Lon,Lower Left Lat,Lower Left Lon,Altitude (km),Lens Size (mm)"
    )
    times = [300.0, 1400.0, 2700.0, 4000.0, 5200.0]
    lines = [header]
    for number, seconds in enumerate(times):
        camera = camera_at(seconds)
        center = camera.locate(SENSOR_PX[0] / 2, SENSOR_PX[1] / 2)
        values = [*(float(value) for value in center), *corners(camera).ravel()]
        when = f"2015-04-01 {int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}:{int(seconds) % 60:02d}"
        numbers = ",".join(f"{value:.3f}" for value in values)
        lines.append(f"ISS043.ESC1.09100000{number},{when},{numbers},{station(seconds)[2]:.1f} km,{LENS_MM:.0f} mm")
    records, tally = read(tmp_path / "earthkam.csv", "\n".join(lines))
    assert (tally.rows, tally.complaints()) == (5, [])
    assert list(records) == [f"ISS043-ESC1-9100000{number}" for number in range(5)]
    for record in records.values():
        clock = record.taken_at.text[11:19].split(":")
        seconds = int(clock[0]) * 3600 + int(clock[1]) * 60 + int(clock[2])
        camera = camera_at(seconds)
        assert (record.altitude_km, record.focal_length_mm) == (412.0, LENS_MM)
        expected, stated = corners(camera), np.array(record.corners)
        assert distance_km(expected[:, 0], expected[:, 1], stated[:, 0], stated[:, 1]).max() < 0.1  # 0.001 degrees
        # And without the camera model: the width of the ground is that of similar triangles.
        x, y = LocalFrame(*record.center).to_xy(stated[:2, 0], stated[:2, 1])
        across = math.hypot(x[1] - x[0], y[1] - y[0])
        assert across == pytest.approx(SENSOR_MM[0] / LENS_MM * record.altitude_km, rel=0.02)


def test_earthkam_in_other_words(tmp_path):
    rows = (
        "file;date;time;latitude;longitude;lat1;lon1;lat2;lon2;lat3;lon3;lat4;lon4;alt_m;lens\n"
        "ISS028_ESC2_123456.JPG;2011/07/12;9:05;10,5;20;11;19;11;21;9;21;9;19;388000;180\n"
        "winmission.jpg;2011/07/12;9:05;10.5;20;11;19;11;21;9;21;9;19;388000;180\n"
        "ISS028_ESC2_123457.JPG;2011/07/12;9:05:59;10.5;20;11;19;11;21;9;21;;;9000;0\n"
    )
    records, tally = read(tmp_path / "kam.csv", rows)
    first, last = records.values()
    assert (first.taken_at, first.altitude_km) == (Moment("2011-07-12T09:05Z", "minute"), 388.0)
    assert (first.center, first.corners) == (None, ((11, 19), (11, 21), (9, 21), (9, 19)))
    assert (last.center, last.corners, last.altitude_km, last.focal_length_mm) == ((10.5, 20.0), None, None, None)
    assert reasons(tally) == {
        "no id of a photo": 1,
        "centre that is no number": 1,
        "footprint with fewer than four corners": 1,
        "altitude in metres outside 150000 to 700000": 1,
        "focal length outside 1 to 5000": 1,
    }


# -- lists ----------------------------------------------------------------------------------------------


def test_a_list_of_ids_in_all_spellings(tmp_path):
    lines = [
        "# of Monday", "", "ISS064-E-48617", "iss026e026514.jpg", "S131E012892", "sts059-213-019_lrg.jpg",
        "holiday.jpg",
        "photos/ISS056E126840.NEF", "ISS064-E-48617",
        "@44.0@11.0@42.7@11.2@42.9@13.2@44.2@13.1@ISS047-E-55412@20160409@43.0@10.5@25733@114.9@.jpg", "@1@2@x@.jpg",
    ]  # fmt: skip
    path = tmp_path / "ids.txt"
    path.write_bytes("\r\n".join(lines).encode("utf-16"))
    found = collect(Task([Source(path)]))
    assert list(found.records) == [
        "ISS064-E-48617", "ISS026-E-26514", "STS131-E-12892", "STS059-213-19", "ISS056-E-126840", "ISS047-E-55412",
    ]  # fmt: skip
    named = found.records["ISS047-E-55412"]
    assert named.corners == ((44.0, 11.0), (44.2, 13.1), (42.9, 13.2), (42.7, 11.2))  # the name runs the other way
    assert (named.nadir, named.taken_at.text, named.orientation_deg) == ((43.0, 10.5), "2016-04-09", 114.9)
    assert (found.tally.rows, reasons(found.tally)) == (
        9,
        {"no id of a photo": 1, "name that is not of a photo": 1, "photo that is listed again": 1},
    )


@pytest.mark.realdata
def test_real_names_of_photos(data_folder):
    path = data_folder / "earthmatch_paths.txt.gz"
    tally = Tally()
    records = {record.photo_id: record for record in Source(path).records(tally)}
    assert len(records) == 306
    assert all(record.corners and record.nadir for record in records.values())
    assert reasons(tally) == {"name that is not of a photo": 3060}  # the satellite tiles beside them
