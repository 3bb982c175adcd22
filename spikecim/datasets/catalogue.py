"""The downloadable data sets in IDX files as data: file names, checksums, mirrors, licences and citations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SPLITS = ("train", "test")


@dataclass(frozen=True, kw_only=True)
class Download:
    """One published file: its name and the sha256 of it."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class DataFile(Download):
    """One published .gz file, which may also lie unpacked: the sha256 of it as published and unpacked."""

    unpacked_sha256: str

    @property
    def unpacked_name(self) -> str:
        return self.name.removesuffix(".gz")

    def checksum_of(self, path: Path) -> str:
        """Return the sha256 that `path` must have: that of the published file if it is a .gz, else the unpacked one."""
        return self.sha256 if path.suffix == ".gz" else self.unpacked_sha256


@dataclass(frozen=True, kw_only=True)
class Published:
    """One data set that others published.

    Attributes
    ----------
    name, title : str
    folder : str
        Subfolder that holds the files, in a data folder and in the cache.
    mirrors : tuple of str
        Base URLs, tried in this order; each ends in ``/``.
    licence, citation : str
    """

    name: str
    title: str
    folder: str
    mirrors: tuple[str, ...]
    licence: str
    citation: str


@dataclass(frozen=True, kw_only=True)
class Entry(Published):
    """One data set in IDX files.

    Attributes
    ----------
    images, labels : mapping from "train" and "test" to a DataFile
    """

    images: Mapping[str, DataFile]
    labels: Mapping[str, DataFile]

    def files(self) -> tuple[DataFile, ...]:
        """All files, images before labels, train before test."""
        return (*self.images.values(), *self.labels.values())


MNIST = Entry(
    name="mnist",
    title="MNIST, 28x28 handwritten digits, 60,000 train and 10,000 test",
    folder="mnist",
    images={
        "train": DataFile(
            name="train-images-idx3-ubyte.gz",
            sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            unpacked_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        "test": DataFile(
            name="t10k-images-idx3-ubyte.gz",
            sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            unpacked_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
    },
    labels={
        "train": DataFile(
            name="train-labels-idx1-ubyte.gz",
            sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            unpacked_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        "test": DataFile(
            name="t10k-labels-idx1-ubyte.gz",
            sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            unpacked_sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    },
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    licence="copyright Yann LeCun and Corinna Cortes; generally stated as CC BY-SA 3.0",
    citation='Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", '
    "Proceedings of the IEEE 86(11):2278-2324, 1998",
)

FASHION_MNIST = Entry(
    name="fashion-mnist",
    title="Fashion-MNIST, 28x28 clothing, 60,000 train and 10,000 test",
    folder="fashion-mnist",
    images={
        "train": DataFile(
            name="train-images-idx3-ubyte.gz",
            sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            unpacked_sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        "test": DataFile(
            name="t10k-images-idx3-ubyte.gz",
            sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            unpacked_sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
    },
    labels={
        "train": DataFile(
            name="train-labels-idx1-ubyte.gz",
            sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            unpacked_sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        "test": DataFile(
            name="t10k-labels-idx1-ubyte.gz",
            sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            unpacked_sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    },
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    licence="MIT, copyright 2017 Zalando SE",
    citation='H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning '
    'Algorithms", arXiv:1708.07747, 2017',
)

# CIFAR-10, in records of its own, is in `cifar10`.
CATALOGUE: Mapping[str, Entry] = {entry.name: entry for entry in (MNIST, FASHION_MNIST)}
