"""Writes a .tar.gz with one good file and one entry of a hostile kind: ARCHIVE ENTRY KIND."""
import io
import sys
import tarfile

path, entry, kind = sys.argv[1:]
with tarfile.open(path, "w:gz") as archive:
    good = tarfile.TarInfo("evil/bin/evil")
    good.mode, good.size = 0o755, 3
    archive.addfile(good, io.BytesIO(b"#!x"))
    bad = tarfile.TarInfo(entry)
    if kind.startswith("link "):
        bad.type, bad.linkname = tarfile.SYMTYPE, kind.split()[1]
        archive.addfile(bad)
    elif kind == "device":
        bad.type, bad.devmajor, bad.devminor = tarfile.CHRTYPE, 1, 3
        archive.addfile(bad)
    else:
        bad.size = 4
        archive.addfile(bad, io.BytesIO(b"evil"))
