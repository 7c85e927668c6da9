"""Archives that have the same bytes wherever and whenever they are made.

Files in order of their names, one time for all, no owner, and permissions that say only what may
be run. The time is that of SOURCE_DATE_EPOCH, in seconds since 1970, or a fixed one.

usage: archives.py ZIP...     writes them anew
"""

import gzip
import os
import sys
import tarfile
import time
import zipfile
from pathlib import Path

#: Files of a zip cannot be older than 1980.
EPOCH = max(int(os.environ.get("SOURCE_DATE_EPOCH") or 1764547200), 315532800)


def even_zip(path):
    """Write a zip anew: the order of its files stays, for that of a wheel has a meaning."""
    beside = Path(f"{path}.new")
    moment = time.gmtime(EPOCH)[:6]
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(beside, "w") as new:
        for item in old.infolist():
            if item.is_dir():
                continue
            info = zipfile.ZipInfo(item.filename, moment)
            may_run = item.external_attr >> 16 & 0o100
            info.external_attr = (0o100755 if may_run else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(item))
    beside.replace(path)


def write_tar(path, folder):
    """Write what is in a folder, and return the path of the archive."""
    files = sorted(str(item) for item in Path(folder).rglob("*") if item.is_file())
    with open(path, "wb") as target, gzip.GzipFile("", "wb", 9, target, EPOCH) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for file in files:
                archive.add(file, recursive=False, filter=_even)
    return path


def _even(item):
    item.mtime, item.uid, item.gid, item.uname, item.gname = EPOCH, 0, 0, "", ""
    item.mode = 0o755 if item.mode & 0o100 else 0o644
    return item


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        even_zip(argument)
