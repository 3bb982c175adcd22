"""What a placement means for energy: words a spike needs, slices of a weight, cores of a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from spikecim.energy.layered import LayerSite
from spikecim.mapping.placement import Placement


def sites_of(placement: Placement, slices: Sequence[int]) -> tuple[LayerSite, ...]:
    """The site of each layer; `slices` has one entry for each of them."""
    tenants = Counter(core for _, core in {(share.layer, share.core) for share in placement.shares})
    sites = []
    for layer, (count, words) in enumerate(zip(slices, placement.words_per_spike, strict=True)):
        own = {share.core for share in placement.of_layer(layer)}
        cores = sum(1.0 / tenants[core] for core in sorted(own))
        sites.append(LayerSite(slices=count, words_per_spike=words, cores=cores))
    return tuple(sites)
