"""Study files: defaults written out, shipped studies, and every fault as one line that says what, where, what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spikecim.errors import ParameterError
from spikecim.insitu.study.reading import find_study, shipped_studies, study_from
from spikecim.insitu.study.spec import counted_on
from tests.insitu.study.fake import fake_study, raw_study

WINDOW = {"potentiation.g_min": "30 uS", "potentiation.g_max": "40 uS"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a key": ({"seeds": {"tunning": 3}}, "unknown key 'seeds.tunning'; did you mean 'tuning'?"),
    "a table": ({"read": {}}, "unknown key 'read'; did you mean 'reads'?"),
    "no table": ({"reads": 3}, "[reads] must be a table, got 3"),
    "schema": ({"schema": 2}, "schema is 2; this spikecim reads schema = 1"),
    "no name": ({"name": " "}, "name is missing"),
    "a kind": ({"network": {"kind": "dep"}}, "network.kind: 'dep' is unknown; did you mean 'deep'?"),
    "a key of another kind": ({"network": {"width": 0.5}}, "unknown key 'network.width'"),
    "no device": ({"grid": {"devices": []}}, "grid.devices is empty"),
    "no rule": ({"grid": {"devices": ["0"], "rules": []}}, "grid.rules is empty"),
    "a device twice": ({"grid": {"devices": ["0", "0"]}}, "'0' is there twice"),
    "a device under two names": ({"grid": {"devices": ["+-4", "+4/-4"]}}, "'+-4' and '+4/-4' are the same device"),
    "labels that are no numbers": (
        {"grid": {"devices": ["nan/4"]}},
        "pulsed device 'nan/4': labels are",
    ),
    "a device in capitals": ({"grid": {"devices": ["AG-A-SI"]}}, "did you mean 'ag-a-si'?"),
    "no base": ({"grid": {"devices": ["worn"]}, "devices": {"worn": {}}}, "devices.worn.base is missing"),
    "a rule before its rates": ({"grid": {"devices": ["0"], "rules": ["adam"]}}, "grid.rules: 'adam' is unknown"),
    "a number for a rule": ({"grid": {"devices": ["0"], "rules": [1]}}, "grid.rules must hold texts, got 1"),
    "a number for a device": ({"grid": {"devices": [4]}}, "grid.devices must hold texts of one line, got 4"),
    "a device": ({"grid": {"devices": ["fefett"]}}, "device 'fefett': "),
    "a label": ({"grid": {"devices": ["+-9.5"]}}, "nonlinearity 9.5 is out of range; allowed -9 .. 9"),
    "a label of depression": ({"grid": {"devices": ["+2/-12"]}}, "is out of range; allowed -9 .. 9"),
    "no label": ({"grid": {"devices": ["+-"]}}, "device '+-': "),
    "a device of no grid": ({"devices": {"+-5": {}}}, "[devices.+-5] is no device of grid.devices"),
    "no devices": ({"devices": 3}, "[devices] must hold a table for each name, got 3"),
    "a key of a device": ({"devices": {"0": {"bse": "0"}}}, "unknown key 'devices.0.bse'; did you mean 'base'?"),
    "a value of a device": ({"devices": {"0": {"set": {"noise.c2c": 1}}}}, "device '0': "),
    "no window": ({"devices": {"0": {"set": {"potentiation.g_min": "1 S", "depression.g_min": "1 S"}}}}, "below g_max"),
    "windows that do not meet": ({"devices": {"0": {"base": "ag-a-si", "set": WINDOW}}}, "windows do not meet"),
    "a rule": ({"grid": {"devices": ["0"], "rules": ["sgdd"]}, "rates": {"sgdd": [1]}}, "'sgdd' is unknown"),
    "a rule twice": (
        {"grid": {"devices": ["0"], "rules": ["sgd", "sgd"]}, "rates": {"sgd": [1]}},
        "names a rule twice",
    ),
    "a rule of no grid": ({"rules": {"residual": {}}}, "[rules.residual] is no rule of grid.rules"),
    "a rule of no kind": ({"rules": {"sgd": {"rule": "best"}}}, "rules.sgd: 'best' is unknown"),
    "a number of a rule": ({"rules": {"momentum": {"gamma": 1.5}}}, "rules.momentum: update rule momentum: gamma"),
    "a kind of number": ({"rules": {"momentum": {"gamma": "x"}}}, "rules.momentum.gamma must be a number, got 'x'"),
    "rates of no rule": ({"rates": {"sgdd": [1]}}, "unknown key 'rates.sgdd'; did you mean 'sgd'?"),
    "no rates": ({"rates": {"sgd": [0.1]}}, "rates.momentum is missing; list the rates to try"),
    "empty rates": ({"rates": {"sgd": [], "momentum": [0.1]}}, "rates.sgd is empty or no list"),
    "a rate": ({"rates": {"sgd": [0.0], "momentum": [0.1]}}, "rates.sgd: 0.0 is no rate; allowed numbers above 0"),
    "an endless rate": ({"rates": {"sgd": [float("inf")], "momentum": [0.1]}}, "inf is no rate"),
    "a rate twice": ({"rates": {"sgd": [0.1, 0.1], "momentum": [0.1]}}, "rates.sgd: allowed are up to 20 rates, each"),
    "extend": ({"rates": {"sgd": [0.1], "momentum": [0.1], "extend": -1}}, "rates.extend is -1; allowed 0 .. 10"),
    "no tuning seed": ({"seeds": {"tuning": 0}}, "seeds.tuning: 0 is out of range; allowed 1 .. 500"),
    "no confirming seed": ({"seeds": {"confirming": 0}}, "seeds.confirming: 0 is out of range; allowed 1 .. 500"),
    "few scoring seeds": ({"seeds": {"scoring": 4}}, "seeds.scoring: 4 is out of range; allowed 5 .. 500"),
    "true for a number": ({"seeds": {"scoring": True}}, "seeds.scoring must be a whole number, got True"),
}
UNFIT = {
    "data": ('[data]\nname = "mnst"', "data.name: 'mnst' is unknown; allowed: digits, mnist"),
    "sizes": ("[network]\nsizes = [400, 100, 9]", "the last layer has 10 outputs"),
    "no sizes": ("[network]\nsizes = []", "network.sizes []"),
    "gains": ("[network]\ngains = [1.0]", "gains (1.0,): give 2 numbers"),
    "epochs": ("[training]\nepochs = 0", "epochs 0: must be a whole number from 1"),
    "drops": ("[training]\nrate_drops = [0.5]", "training.rate_drops: 0.5 is no pair"),
    "reads": ("[reads]\nadc_forward = 1", "reads.adc_forward 1: must be 0 (off) or 2 .. 16"),
    "pairing": ('[network]\npairing = "triple"', "pairing 'triple'"),
    "pixels": ("[network]\nsizes = [401, 10]", "network.sizes [401, 10]: mnist has 400 pixels; begin with 400"),
    "cells": (
        "[network]\nsizes = [400, 100000000, 10]",
        "41,000,000,000 cells; allowed are up to 20,000,000",
    ),
    "a rule that a pair cannot have": (
        '[network]\npairing = "pair"\n[rules.sgd]\nrule = "v2.1"',
        "update rule v2.1: its weights are single cells",
    ),
    "deep data": ('[network]\nkind = "deep"\n[data]\nname = "mnist"', "a deep network takes cifar10"),
    "deep network": ('[network]\nkind = "deep"\nname = "vgg9"', "'vgg9' is unknown"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_study_is_one_line(case: str) -> None:
    change, expected = BAD[case]
    with pytest.raises(ParameterError) as caught:
        study_from(raw_study(**change), "fake.toml")
    assert str(caught.value).startswith("fake.toml: ") and expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", UNFIT)
def test_what_the_runner_cannot_do_is_said_before_anything_runs(case: str, tmp_path: Path) -> None:
    tables, expected = UNFIT[case]
    path = tmp_path / "study.toml"
    head = 'schema = 1\nname = "x"\n[grid]\ndevices = ["0"]\nrules = ["sgd"]\n[rates]\nsgd = [0.1]\n'
    path.write_text(head + tables, encoding="utf-8")
    with pytest.raises(ParameterError) as caught:
        find_study(str(path))
    assert str(caught.value).startswith(f"{path}: ") and expected in str(caught.value)


def test_shipped_studies_can_be_read_and_score_five_seeds_or_more() -> None:
    for name in shipped_studies():
        study = find_study(name)
        assert study.name == name and study.scoring >= 5 and len(study.title) > 20


def test_the_study_of_the_issue_has_its_devices_and_rules() -> None:
    study = find_study("nonlinearity")
    names = [device.name for device in study.devices]
    assert names[:5] == ["0", "+-2", "+-4", "+-6", "+-9"] and {"ag-a-si", "fefet"} < set(names)
    assert [rule.name for rule in study.rules] == ["sgd", "momentum"] and study.network["sizes"] == [400, 100, 10]


def test_a_rule_may_stand_twice_under_names_of_its_own() -> None:
    grid: dict[str, Any] = {"devices": ["0"], "rules": ["sgd", "slow"]}
    rules = {"slow": {"rule": "momentum", "gamma": 0.99}}
    study = fake_study(grid=grid, rules=rules, rates={"sgd": [0.1], "slow": [0.3, 0.1]})
    assert study.rules[1].settings["gamma"] == 0.99 and study.rules[1].rates == (0.1, 0.3)
    assert study.reference == "sgd"


def test_words_and_scoring_seeds_are_no_part_of_what_results_depend_on() -> None:
    one, other = fake_study(), fake_study(title="Other words", seeds={"scoring": 9})
    assert one.digest() == other.digest() and counted_on(one.describe()) == counted_on(other.describe())
    assert one.digest() != fake_study(training={"epochs": 4}).digest()
