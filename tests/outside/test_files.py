"""What happens to a photograph that somebody sends?"""

import errno
import io
import os
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image, ImageFile

from portal.outside import files
from portal.outside.files import PhotoProblem, PhotoRefused, delete_photo, open_photo, store_photo

GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def a_photo(kind="JPEG", size=(64, 48), mode="RGB", colour=(200, 30, 30), **options):
    """Return the bytes of a picture, its upper left corner blue."""
    picture = Image.new(mode, size, colour)
    picture.paste(0 if mode == "L" else (0, 0, 255), (0, 0, size[0] // 4, size[1] // 4))
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def with_place():
    """Return Exif data of a phone: where it was, who made it, and that it lay on its side."""
    exif = Image.Exif()
    exif[MAKE] = "Telefonwerk"
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (50.0, 59.0, 31.0), 3: "E", 4: (7.0, 8.0, 2.0)})
    return exif


def store(content, folder, **limits):
    return store_photo(io.BytesIO(content), folder, **limits)


def stored(content, folder):
    """Return the stored photo as picture and as bytes."""
    photo = store(content, folder)
    with open_photo(folder, photo.name) as file:
        raw = file.read()
    assert (len(raw), os.listdir(folder)) == (photo.size, [photo.name])
    picture = Image.open(io.BytesIO(raw))
    assert picture.size == (photo.width, photo.height)
    return picture, raw


def is_blue(picture, at):
    red, _, blue = picture.getpixel(at)
    return blue > 150 > red


def refusal(content, folder, **limits):
    """Return why the file was refused; nothing of it may be left."""
    with pytest.raises(PhotoRefused) as caught:
        store(content, folder, **limits)
    assert not folder.exists() or os.listdir(folder) == []
    return caught.value.reason


def png_header(width, height):
    """Return a PNG that claims to be this large and has next to nothing in it."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_place_camera_and_comment_are_gone_and_the_picture_is_upright(tmp_path):
    original = a_photo(exif=with_place(), comment="Salon Haarwerk, Tresor links", quality=95)
    assert Image.open(io.BytesIO(original)).info["comment"]
    picture, raw = stored(original, tmp_path)
    assert picture.getexif() == {}
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(picture.info)
    for secret in (b"Telefonwerk", b"Tresor", b"Exif", b"GPS"):
        assert secret not in raw
    assert picture.size == (48, 64)
    assert is_blue(picture, (44, 3))  # turned to the right
    assert not is_blue(picture, (3, 3))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_of_phones_and_screens_are_taken(kind, tmp_path):
    picture, _ = stored(a_photo(kind), tmp_path)
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (64, 48))


def test_a_photo_of_several_pictures_keeps_the_first_only(tmp_path):
    second = Image.new("RGB", (64, 48), (0, 255, 0))
    picture, raw = stored(a_photo("MPO", save_all=True, append_images=[second]), tmp_path)
    assert (picture.format, picture.size) == ("JPEG", (64, 48))
    assert raw.count(b"\xff\xd8\xff") == 1


def test_a_heic_photo_is_taken_without_its_place(tmp_path):
    heic = io.BytesIO()
    heif = pillow_heif.from_pillow(Image.new("RGB", (64, 48), (0, 0, 255)))
    heif.save(heic, exif=with_place().tobytes(), quality=90)
    picture, raw = stored(heic.getvalue(), tmp_path)
    assert picture.format == "JPEG"
    assert sorted(picture.size) == [48, 64]
    assert is_blue(picture, (20, 20))
    assert b"Telefonwerk" not in raw


@pytest.mark.parametrize(
    ("mode", "colour"), [("RGBA", (0, 0, 0, 0)), ("L", 120), ("P", 3), ("LA", (0, 0)), ("1", 1)]
)
def test_any_kind_of_colours_becomes_a_plain_picture(mode, colour, tmp_path):
    file = io.BytesIO()
    Image.new(mode, (20, 20), colour).save(file, "PNG")
    picture, _ = stored(file.getvalue(), tmp_path)
    assert picture.mode == "RGB"
    if mode in ("RGBA", "LA"):
        assert picture.getpixel((5, 5)) == (255, 255, 255)  # what was transparent is white, not black


def test_sixteen_bits_per_colour_are_taken(tmp_path):
    file = io.BytesIO()
    Image.new("I;16", (20, 20), 40000).save(file, "PNG")
    assert stored(file.getvalue(), tmp_path)[0].mode == "RGB"


@pytest.mark.parametrize(
    ("size", "stored_size"), [((4000, 3000), (2400, 1800)), ((10, 5000), (5, 2400)), ((9, 9), (9, 9))]
)
def test_the_longest_side_is_limited(size, stored_size, tmp_path):
    assert stored(a_photo(size=size), tmp_path)[0].size == stored_size


def test_a_file_of_60_megabytes_is_refused_without_reading_all_of_it(tmp_path):
    class Upload(io.BytesIO):
        asked = 0

        def read(self, size=-1):
            self.asked = size
            return super().read(size)

    upload = Upload(bytes(60 * files.MEGABYTE))
    with pytest.raises(PhotoRefused) as caught:
        store_photo(upload, tmp_path)
    assert caught.value.reason == PhotoProblem.TOO_LARGE
    assert 0 < upload.asked <= files.MAX_BYTES + 1


def test_a_file_of_exactly_the_limit_is_not_too_large(tmp_path):
    photo = a_photo()
    assert store(photo, tmp_path, max_bytes=len(photo)).size
    assert refusal(photo, tmp_path / "other", max_bytes=len(photo) - 1) == PhotoProblem.TOO_LARGE


@pytest.mark.parametrize("size", [(9_000, 9_000), (12_000, 12_000), (50_000, 50_000)])
def test_a_picture_bomb_is_refused_by_its_header(size, tmp_path):
    assert refusal(png_header(*size), tmp_path) == PhotoProblem.TOO_MANY_PIXELS


def test_pixels_are_counted_before_decoding(tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr(files, "_decoded", never)
    assert refusal(a_photo(size=(100, 100)), tmp_path, max_pixels=9_999) == PhotoProblem.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"kein Bild",
        b"%PDF-1.7\n%%EOF",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"PK\x03\x04" + bytes(100),
    ],
    ids=["empty", "text", "pdf", "svg", "eps", "zip"],
)
def test_what_is_no_photograph_is_refused(content, tmp_path):
    assert refusal(content, tmp_path) == PhotoProblem.NOT_AN_IMAGE


def test_a_format_that_phones_do_not_make_is_refused(tmp_path):
    assert refusal(a_photo("TIFF"), tmp_path) == PhotoProblem.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_half_a_photograph_is_refused(kind, tmp_path):
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    file = io.BytesIO()
    noise.save(file, kind)
    content = file.getvalue()
    assert refusal(content[: len(content) // 2], tmp_path) == PhotoProblem.BROKEN


def test_half_a_photograph_is_refused_after_a_paper_was_printed_too(tmp_path):
    from portal.outside import press

    assert press.HTML
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False  # WeasyPrint switches it on for everybody
    test_half_a_photograph_is_refused("JPEG", tmp_path)


def test_a_second_file_hidden_in_the_picture_is_not_kept(tmp_path):
    polyglot = a_photo(comment="<script>alert(1)</script>") + b"PK\x03\x04<?php system('id'); ?>"
    _, raw = stored(polyglot, tmp_path)
    assert b"<script" not in raw
    assert b"php" not in raw
    assert b"PK\x03\x04" not in raw


def test_names_are_random(tmp_path):
    names = {store(a_photo(), tmp_path).name for _ in range(5)}
    assert len(names) == 5
    assert all(files.NAME.fullmatch(name) for name in names)


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_full_disk_leaves_nothing_half_written(step, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    target = (files.os, "fsync") if step == "fsync" else (files.Path, "replace")
    monkeypatch.setattr(*target, full)
    assert refusal(a_photo(), tmp_path) == PhotoProblem.NO_SPACE


def test_a_folder_that_may_not_be_written_is_no_fault_of_the_photo(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        store(a_photo(), tmp_path / "file")


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "", ".", "a" * 32 + ".jpg\n", "A" * 32 + ".jpg", "a" * 32 + ".png"]
)
def test_only_names_that_we_gave_are_opened_or_removed(name, tmp_path):
    (tmp_path / "secret").write_text("geheim")
    folder = tmp_path / "photos"
    folder.mkdir()
    with pytest.raises(FileNotFoundError):
        open_photo(folder, name)
    delete_photo(folder, name)
    assert (tmp_path / "secret").exists()


def test_a_photo_is_removed_once_and_removing_it_again_is_no_error(tmp_path):
    name = store(a_photo(), tmp_path).name
    delete_photo(tmp_path, name)
    delete_photo(tmp_path, name)
    assert os.listdir(tmp_path) == []
