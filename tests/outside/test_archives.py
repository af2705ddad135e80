"""Is an archive there whole or not at all, whatever happens while it grows?"""

import errno
import zipfile

import pytest

from portal.outside import archives

NAME = "a" * 32 + ".zip"


def test_pieces_come_together_and_nothing_is_there_before_the_end(tmp_path):
    archives.add(tmp_path, NAME, [("data.json", b"{}")])
    archives.add(tmp_path, NAME, [("cases/R1/photo-1.jpg", b"x" * 100), ("data.json", b"again")])
    assert not (tmp_path / NAME).exists()
    assert archives.is_there(tmp_path, NAME)
    assert archives.finish(tmp_path, NAME) == (tmp_path / NAME).stat().st_size
    assert archives.finish(tmp_path, NAME)  # once more does nothing
    with zipfile.ZipFile(tmp_path / NAME) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["data.json", "cases/R1/photo-1.jpg"]
        assert archive.read("data.json") == b"{}"
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0
    assert archives.names(tmp_path) == [NAME]


@pytest.mark.parametrize("member", ["../evil", "/etc/passwd", "a/../b", "a\\b", "", ".hidden", "a//b", "c:x"])
def test_no_member_leads_out_of_the_folder(tmp_path, member):
    with pytest.raises(ValueError, match="no name"):
        archives.add(tmp_path, NAME, [(member, b"")])


@pytest.mark.parametrize("name", ["../" + NAME, "x.zip", "", NAME + "\n"])
def test_only_names_of_ours_are_files(tmp_path, name):
    with pytest.raises(FileNotFoundError):
        archives.path(tmp_path, name)
    archives.remove(tmp_path, name)


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    archives.add(tmp_path, NAME, [("data.json", b"{}")])

    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(zipfile.ZipFile, "writestr", full)
        with pytest.raises(archives.NoSpace):
            archives.add(tmp_path, NAME, [("more.json", b"{}")])
    assert list(tmp_path.iterdir()) == []
    assert not archives.is_there(tmp_path, NAME)


def test_a_torn_archive_is_known_as_one(tmp_path):
    archives.add(tmp_path, NAME, [("data.json", b"{}" * 500)])
    growing = tmp_path / f".{NAME}.part"
    growing.write_bytes(growing.read_bytes()[:40])  # killed while writing
    assert not archives.is_there(tmp_path, NAME)
    with pytest.raises(zipfile.BadZipFile):
        archives.add(tmp_path, NAME, [("more.json", b"{}")])
    assert not growing.exists()
