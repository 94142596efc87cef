"""Photo ids and EarthLoc names, in all their spellings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.photo.photo_id import parse_earthloc_name, parse_photo_id


@pytest.mark.parametrize(
    ("name", "photo_id"),
    [
        ("ISS064-E-513", "ISS064-E-513"),
        ("ISS064-E-513.photo.jpg", "ISS064-E-513"),
        ("iss026e026514", "ISS026-E-26514"),
        ("iss026e26514.jpg", "ISS026-E-26514"),
        ("iss073e0293986.jpg", "ISS073-E-293986"),
        ("ISS056E126840.JPG", "ISS056-E-126840"),
        ("S131E012892.jpg", "STS131-E-12892"),
        ("s99e5476.jpg", "STS099-E-5476"),
        ("sts131e012892_lrg.jpg", "STS131-E-12892"),
        ("sts059-213-019.jpg", "STS059-213-19"),
        ("STS059-213-19", "STS059-213-19"),
        ("STS059-092-19A.tif", "STS059-92-19A"),
        ("STS61A-200-059.jpg", "STS61A-200-59"),
        ("iss043e101805.NEF", "ISS043-E-101805"),
        ("ISS030-E-33277A.jpg", "ISS030-E-33277A"),
        ("iss030e033277b_1024.jpg", "ISS030-E-33277B"),
        ("ISS042-E-104433_lrg.jpg", "ISS042-E-104433"),
        ("ISS042-E-104433 (1).jpg", "ISS042-E-104433"),
        ("ISS042-E-104433-1024.jpg", "ISS042-E-104433"),
        ("limb_iss064e002941.jpg", "ISS064-E-2941"),
        ("ISS003.ESC1.299123456.jpg", "ISS003-ESC1-299123456"),
        ("STS098-ESC-04235959.jpg", "STS098-ESC-4235959"),
        ("Vue de l'été ISS064-E-513.jpg", "ISS064-E-513"),
        ("/photos/ISS001-E-1/ISS064-E-513.jpg", "ISS064-E-513"),
        ("C:\\photos\\ISS064-E-513.jpg", "ISS064-E-513"),
        (Path("a folder") / "iss026e026514.jpg", "ISS026-E-26514"),
        (
            "@26.9@89.6@28.0@89.7@28.1@88.8@27.0@88.7@ISS064-E-36745@20210222@33.2@90.7@11339@168.0@.jpg",
            "ISS064-E-36745",
        ),
    ],
)
def test_every_spelling_gives_the_canonical_id(name, photo_id):
    assert parse_photo_id(name) == photo_id


@pytest.mark.parametrize(
    "name",
    [
        "astropi_hq_015.jpg",
        "astropi_mk1_0667.jpg",
        "night_lisbon.jpg",
        "IMG_20240212_232518.jpg",
        "DSC_0123.NEF",
        "S13E131.hgt",
        "N36E036.tif",
        "Copernicus_DSM_10_S13_00_E131_00_DEM.tif",
        "swiss064e123456.jpg",
        "ISS064-2021-01-05.jpg",
        "ISS064-E-.jpg",
        "ISS064-E-513abc.jpg",
        "ISS000-E-513.jpg",
        "ISS064-E-0.jpg",
        "STS136-E-1234.jpg",
        "STS059-000-12.jpg",
        "jsc2010e123456.jpg",
        "/photos/ISS064-E-513/crop.jpg",
        "",
        ".jpg",
        "@",
    ],
)
def test_other_names_have_no_id(name):
    assert parse_photo_id(name) is None


spelled = st.tuples(
    st.integers(1, 999),
    st.integers(1, 9_999_999),
    st.sampled_from(["", "A", "B", "AB"]),
    st.sampled_from(
        [
            "ISS{m:03d}-E-{f}{x}",
            "iss{m:03d}-e-{f:06d}{x}",
            "iss{m:03d}e{f:06d}{x}",
            "ISS{m}E{f:07d}{x}",
            "ISS{m:03d}_E_{f}{x}",
            "{m}_iss{m:03d}e{f}{x}",
        ]
    ),
    st.sampled_from(["", ".jpg", ".NEF", "_lrg.jpg", "_1024.png", ".photo.jpg", "@.jpg", " copy.tif"]),
)


@given(spelled)
def test_spellings_agree_and_canonical_is_its_own_spelling(parts):
    mission, frame, suffix, spelling, tail = parts
    photo_id = parse_photo_id(spelling.format(m=mission, f=frame, x=suffix) + tail)
    assert photo_id == f"ISS{mission:03d}-E-{frame}{suffix}"
    assert parse_photo_id(photo_id) == photo_id
    assert parse_photo_id(photo_id.lower()) == photo_id


@given(st.integers(1, 135), st.integers(1, 999), st.integers(1, 999))
def test_film_round_trip(mission, roll, frame):
    assert parse_photo_id(f"sts{mission:03d}-{roll:03d}-{frame:03d}.jpg") == f"STS{mission:03d}-{roll}-{frame}"


@given(st.text(max_size=60))
def test_any_text_gives_a_stable_id_or_none(name):
    photo_id = parse_photo_id(name)
    assert photo_id is None or parse_photo_id(photo_id) == photo_id
    parse_earthloc_name(name)


def test_query_name_of_fourteen_fields():
    name = parse_earthloc_name(
        "@26.946799@89.616539@28.057856@89.738748@28.182808@88.823459@27.071751@88.701251"
        "@ISS064-E-36745@20210222@33.2@90.7@11339@168.0@.jpg"
    )
    assert name.ring == (
        (26.946799, 89.616539),
        (28.057856, 89.738748),
        (28.182808, 88.823459),
        (27.071751, 88.701251),
    )
    assert (name.photo_id, name.timestamp) == ("ISS064-E-36745", "20210222")
    assert name.nadir == (33.2, 90.7)
    assert (name.area_km2, name.orientation_deg) == (11339.0, 168.0)
    assert name.center is None
    assert name.tilt_deg is None


def test_name_of_twelve_fields_in_a_folder():
    name = parse_earthloc_name(
        "ISS050-E-35441/@-35.33@-72.51@-35.53@-72.53@-35.53@-72.46@-35.33@-72.44@ISS050-E-35441@149@-34.0@-71.0@.jpg"
    )
    assert name.ring[2] == (-35.53, -72.46)
    assert (name.photo_id, name.area_km2, name.nadir) == ("ISS050-E-35441", 149.0, (-34.0, -71.0))
    assert name.timestamp is None
    assert name.orientation_deg is None


def test_name_of_eight_fields():
    name = parse_earthloc_name("@-34.5@.5@-34.0@-71.0@NV@400@25@ISS050-E-35441@.jpg")
    assert name.center == (-34.5, 0.5)
    assert name.ring is None
    assert (name.nadir, name.tilt_deg, name.focal_length_mm) == ((-34.0, -71.0), None, 400.0)
    assert (name.cloud_percent, name.photo_id) == (25.0, "ISS050-E-35441")


def test_satellite_tile_has_no_photo_id():
    name = parse_earthloc_name(
        "@60.30519@-172.44141@60.34870@-172.44141@60.34870@-172.35352@60.30519@-172.35352"
        "@14_4726_0344@2018@60.32694@-172.39746@23@0@.jpg"
    )
    assert name.photo_id is None
    assert (name.timestamp, name.nadir) == ("2018", (60.32694, -172.39746))


@pytest.mark.parametrize(
    "name",
    [
        "ISS064-E-513.jpg",
        "a@1@2@3@4@5@6@7@8@.jpg",
        "@1@2@3@.jpg",
        "@95@2@3@4@5@6@7@8@ISS064-E-513@149@-34.0@-71.0@.jpg",
        "@x@2@3@4@5@6@7@8@ISS064-E-513@149@-34.0@-71.0@.jpg",
        "@nan@2@3@4@5@6@7@8@ISS064-E-513@149@-34.0@-71.0@.jpg",
        "@200@2@3@4@5@6@7@ISS064-E-513@.jpg",
    ],
)
def test_other_names_are_not_earthloc_names(name):
    assert parse_earthloc_name(name) is None


angle = st.floats(-89, 89).map(lambda x: round(x, 6))


@given(
    st.lists(st.tuples(angle, angle), min_size=5, max_size=5),
    st.integers(1, 99),
    st.integers(1, 999999),
    st.integers(1, 99999),
    angle,
)
def test_earthloc_round_trip(places, mission, frame, area, orientation):
    *ring, nadir = places
    photo_id = f"ISS{mission:03d}-E-{frame}"
    fields = [f"{value:.6f}" for place in ring for value in place]
    fields += [photo_id, "20210222", *(f"{v:.6f}" for v in nadir), str(area), f"{orientation:.6f}"]
    name = parse_earthloc_name("@" + "@".join(fields) + "@.jpg")
    assert name.ring == tuple(ring)
    assert name.photo_id == photo_id
    assert (name.nadir, name.area_km2, name.orientation_deg) == (nadir, area, orientation)
