"""Files are found in order, verified, and downloaded from the first mirror that gives the published bytes."""

from __future__ import annotations

import gzip
import http.server
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import spikecim.datasets
from spikecim.datasets import load, locate
from spikecim.datasets.catalogue import CATALOGUE, Entry
from spikecim.datasets.fetch import fetch_file, find_file
from spikecim.errors import DataError, DataNotFoundError, OutputError, ParameterError

Contents = dict[str, bytes]


@contextmanager
def mirror(pages: Contents) -> Iterator[tuple[str, list[str]]]:
    """Serve `pages` on loopback; yields the base URL and the list of paths asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            page = pages.get(self.path.strip("/"))
            self.send_response(404 if page is None else 200)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def packed(contents: Contents) -> Contents:
    return {name: gzip.compress(raw, mtime=0) for name, raw in contents.items()}


def write(folder: Path, contents: Contents) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    return folder


def test_places_in_order(bare: Path, entry: Entry, contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    file, named = entry.images["train"], bare.parent / "named"
    named.mkdir()
    monkeypatch.setenv("SPIKECIM_DATA", str(named))
    assert find_file(entry, file) is None
    raw = {name.removesuffix(".gz"): data for name, data in contents.items()}
    # From the last place looked at to the first: each new file must hide those before it.
    for place in (bare, bare / "tiny-set", Path("data"), Path("data/tiny-set"), named, named / "tiny-set"):
        for name, files in ((file.unpacked_name, raw), (file.name, packed(contents))):
            write(place, files)
            assert find_file(entry, file) == place / name
            assert fetch_file(entry, file, download=False).origin == str(place / name)


def test_named_folder_must_exist(bare: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPIKECIM_DATA", str(bare / "nowhere"))
    with pytest.raises(DataNotFoundError, match=r"SPIKECIM_DATA: no folder .*nowhere; set it to"):
        find_file(entry, entry.images["train"])


@pytest.mark.parametrize("unpacked", [False, True])
def test_wrong_checksum(bare: Path, entry: Entry, contents: Contents, unpacked: bool) -> None:
    file = entry.images["train"]
    name = file.unpacked_name if unpacked else file.name
    write(bare / "tiny-set", {name: contents["test-images.gz"]})
    with pytest.raises(DataError) as caught:
        fetch_file(entry, file)
    message = str(caught.value)
    expected = file.unpacked_sha256 if unpacked else file.sha256
    assert f"sha256 expected {expected[:12]}, found {entry.images['test'].unpacked_sha256[:12]}" in message
    assert str(bare / "tiny-set" / name) in message
    assert "spikecim data fetch tiny" in message


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user that permissions can stop")
def test_unreadable_file(bare: Path, entry: Entry, contents: Contents) -> None:
    file = entry.images["train"]
    (write(bare / "tiny-set", packed(contents)) / file.name).chmod(0)
    with pytest.raises(DataError, match="cannot be read"):
        fetch_file(entry, file)


def test_same_file_name_of_another_set(
    bare: Path, entry: Entry, contents: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = replace(entry.images["train"], sha256="0" * 64, unpacked_sha256="0" * 64)
    twin = replace(entry, name="twin", folder="twin-set", images={"train": file}, labels={})
    monkeypatch.setattr("spikecim.datasets.fetch.CATALOGUE", {"tiny": entry, "twin": twin})
    flat = write(bare.parent / "flat", packed(contents))
    monkeypatch.setenv("SPIKECIM_DATA", str(flat))
    assert find_file(twin, file) is None
    assert find_file(entry, entry.images["train"]) == flat / file.name
    write(flat / "twin-set", packed(contents))
    with pytest.raises(DataError, match="not the published twin file"):
        fetch_file(twin, file)


def test_downloading_switched_off(bare: Path, entry: Entry) -> None:
    with pytest.raises(DataNotFoundError, match="switched off") as caught:
        fetch_file(entry, entry.images["train"], download=False)
    message = str(caught.value)
    assert str(bare) in message
    assert "set SPIKECIM_DATA to a folder that holds tiny-set/train-images.gz" in message


@pytest.mark.parametrize("progress", [False, True])
def test_mirrors_in_turn(
    bare: Path, entry: Entry, contents: Contents, progress: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    file, wrong = entry.images["train"], {"train-images.gz": b"<html>moved</html>"}
    with mirror({}) as (gone, _), mirror(wrong) as (moved, _), mirror(packed(contents)) as (good, asked):
        chain = replace(entry, mirrors=(gone, moved, good))
        fetched = fetch_file(chain, file, progress=progress)
        again = fetch_file(chain, file)
    assert fetched.path == again.path == bare / "tiny-set" / file.name
    assert fetched.origin == f"downloaded from {good}train-images.gz"
    assert again.origin == str(fetched.path)
    assert asked == ["/train-images.gz"]
    assert [path.name for path in fetched.path.parent.iterdir()] == [file.name]
    out, err = capfd.readouterr()
    assert out == ""
    assert ("train-images.gz" in err) == progress


def test_no_mirror_gives_it(bare: Path, entry: Entry) -> None:
    level = logging.getLogger("pooch").level
    with mirror({}) as (gone, asked), mirror({"train-images.gz": b"cut"}) as (cut, _):
        closed = "http://127.0.0.1:1/"
        with pytest.raises(DataNotFoundError) as caught:
            fetch_file(replace(entry, mirrors=(gone, cut, closed)), entry.images["train"])
    message = str(caught.value)
    for words in ("HTTP 404", "wrong checksum", "127.0.0.1:1: no connection", "set SPIKECIM_DATA", str(bare), "tiny"):
        assert words in message
    assert "\n" not in message
    assert len(asked) == 1
    assert not list((bare / "tiny-set").glob("*"))
    assert logging.getLogger("pooch").level == level


def test_silent_mirror_times_out(bare: Path, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spikecim.datasets.download.TIMEOUT_S", (0.1, 0.1))
    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "handle", lambda self: time.sleep(0.4))
    with mirror({}) as (base, _), pytest.raises(DataNotFoundError, match="time-out"):
        fetch_file(replace(entry, mirrors=(base,)), entry.images["train"])


def test_cache_that_cannot_be_written(bare: Path, entry: Entry, contents: Contents) -> None:
    bare.write_text("a file where the cache folder should be")
    with mirror(packed(contents)) as (good, _), pytest.raises(OutputError, match="cannot store"):
        fetch_file(replace(entry, mirrors=(good,)), entry.images["train"])


def test_load_and_locate(bare: Path, entry: Entry, contents: Contents, monkeypatch: pytest.MonkeyPatch) -> None:
    with mirror(packed(contents)) as (good, _):
        catalogue = {"mnist": replace(entry, name="mnist", mirrors=(good,))}
        monkeypatch.setattr(spikecim.datasets, "CATALOGUE", catalogue)
        assert locate("mnist") is None
        train, test = load("mnist", "train"), load("mnist", "test")
    assert (train.n_samples, test.n_samples) == (2, 1)
    assert train.images[1, 2].tolist() == [20, 21, 22, 23]
    assert train.labels.tolist() == [7, 1]
    assert train.origin == f"downloaded from {good}train-images.gz"
    assert locate("mnist") == str(bare / "tiny-set")
    assert locate("digits") == "scikit-learn digits"


def test_unknown_names() -> None:
    with pytest.raises(ParameterError, match="unknown data set 'minst'; did you mean 'mnist'"):
        load("minst", "train")
    with pytest.raises(ParameterError, match="unknown data set 'zzz'; allowed: mnist, fashion-mnist, cifar10, digits"):
        locate("zzz")
    with pytest.raises(ParameterError, match="unknown split 'tset'; did you mean 'test'"):
        load("mnist", "tset")


def test_catalogue_is_complete() -> None:
    for name, entry in CATALOGUE.items():
        assert name == entry.name
        assert len({file.sha256 for file in entry.files()} | {file.unpacked_sha256 for file in entry.files()}) == 8
        assert all(len(file.sha256) == 64 and file.name.endswith(".gz") for file in entry.files())
        assert len(entry.mirrors) >= 2
        assert all(base.startswith("http") and base.endswith("/") for base in entry.mirrors)
