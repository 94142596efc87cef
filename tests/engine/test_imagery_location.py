import pytest

from engine.imagery.location import find_imagery, note_imagery


@pytest.fixture
def index(tmp_path):
    folder = tmp_path / "indexes" / "europe"
    folder.mkdir(parents=True)
    return folder


def test_imagery_is_remembered_where_the_index_was_built(index, tmp_path):
    raster = tmp_path / "Bilder ü" / "mosaic.tif"
    raster.parent.mkdir()
    raster.touch()
    note_imagery(index, raster)
    assert find_imagery(index, "mosaic.tif") == raster
    raster.unlink()
    assert find_imagery(index, "mosaic.tif") is None


def test_imagery_beside_the_index_is_found_by_its_name(index):
    raster = index.parent / "mosaic.tif"
    assert find_imagery(index, "mosaic.tif") is None
    raster.touch()
    assert find_imagery(index, "mosaic.tif") == raster
    assert find_imagery(index, "") is None


@pytest.mark.parametrize("stated", ["../outside.tif", "sub/inside.tif", "ABSOLUTE", ".."])
def test_path_in_an_untrusted_index_is_not_followed(index, tmp_path, stated):
    for path in (tmp_path / "outside.tif", index / "inside.tif"):
        path.touch()
    (index.parent / "sub").mkdir()
    (index.parent / "sub" / "inside.tif").touch()
    absolute = str(tmp_path / "outside.tif")
    assert find_imagery(index, absolute if stated == "ABSOLUTE" else stated) is None


def test_raster_inside_the_index_folder_is_not_used(index):
    (index / "mosaic.tif").touch()
    assert find_imagery(index, "mosaic.tif") is None
