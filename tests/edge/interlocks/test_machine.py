"""The rules at work: what may be written, what is demanded, how latches come and go."""

from hypothesis import given
from hypothesis import strategies as st

from labkeeper_edge.interlocks.loading import load
from labkeeper_edge.interlocks.machine import Interlocks, Phase, Standing
from labkeeper_sdk import Value
from labkeeper_wire.interlock_rules import Place

TEXT = """
id = "x"
title = { zh = "甲", en = "X" }

[inputs]
gas = { device = "d", point = "gas", type = "number", unit = "%", max_age = "5 s" }
fan = { device = "d", point = "fan", max_age = "while online" }
button = { device = "d", point = "button", max_age = "while online" }
count = { device = "e", point = "count", type = "number", max_age = "while online" }

[outputs]
valve = { device = "d", point = "valve" }
heater = { device = "d", point = "heater" }

[force.gas]
title = { zh = "气", en = "Gas" }
advice = { zh = "走", en = "Go" }
when = "gas >= 20 %"
then = { valve = false, heater = false }
reset = "button"

[force.count]
title = { zh = "数", en = "Count" }
advice = { zh = "走", en = "Go" }
when = "count > 3"
then = { heater = true }
unknown = "UNKNOWN"

[permit.heater-on]
title = { zh = "热", en = "Heat" }
advice = { zh = "等", en = "Wait" }
output = "heater"
needs = "fan and gas < 10 %"
otherwise = false
"""
POINTS: dict[Place, tuple[type, str]] = {
    Place("d", "gas"): (float, "%"),
    Place("d", "fan"): (bool, ""),
    Place("d", "button"): (bool, ""),
    Place("e", "count"): (int, ""),
}
VALVE, HEATER = Place("d", "valve"), Place("d", "heater")


def machine(unknown: str = "ignore") -> Interlocks:
    it = Interlocks(load(TEXT.replace("UNKNOWN", unknown)))
    it.presence(["d", "e"], POINTS)
    it.look(0, 0)
    return it


def says(it: Interlocks, at_s: float, device: str = "d", **values: Value | None) -> tuple[str, ...]:
    for point, value in values.items():
        assert it.heard(Place(device, point), value, at_s)
    return it.look(at_s, round(at_s * 1000))


def phases(it: Interlocks) -> list[str]:
    return [it.standings[rule.id].phase for rule in it.rules.all]


def test_at_the_start_nothing_is_known_so_nothing_is_permitted_and_forces_hold() -> None:
    it = machine()
    assert phases(it) == ["held", "clear", "held"]
    assert it.demands() == {"valve": (False, "gas"), "heater": (False, "gas")}
    assert it.alarmed
    assert it.latches == {}
    assert it.wanted("heater") == (False, True, False)


def test_a_permit_is_given_while_its_needs_are_true_and_the_safe_value_always() -> None:
    it = machine()
    says(it, 1, gas=3, fan=True)
    assert phases(it) == ["clear", "clear", "clear"]
    assert it.forbids(HEATER, True) is None
    assert says(it, 2, fan=False) == ("heater-on",)
    forbidden = it.forbids(HEATER, True)
    assert forbidden is not None
    assert (forbidden.message, forbidden.standing.since_ms) == (
        "heater-on: needs fan; since 1970-01-01T00:00:02Z; 需要：fan | needs: fan",
        2000,
    )
    assert it.forbids(HEATER, False) is None
    assert it.forbids(VALVE, True) is None
    assert it.demands() == {"heater": (False, "heater-on")}
    assert not it.alarmed, "a permit that is not given is no alarm"


def test_an_input_that_is_too_old_counts_as_not_known_and_the_look_is_due_then() -> None:
    it = machine()
    says(it, 1, gas=3.0, fan=True)
    assert it.due_s == 6
    assert it.look(6, 6000) == ()
    assert it.look(6.1, 6100) == ("gas", "heater-on")
    assert phases(it) == ["held", "clear", "held"]
    says(it, 7, gas=3.0)
    assert phases(it) == ["clear", "clear", "clear"], "held is not latched"


def test_a_force_latches_and_is_reset_only_when_its_condition_is_known_to_be_over() -> None:
    it = machine()
    says(it, 1, gas=3.0, fan=True)
    says(it, 2, gas=20.0)
    says(it, 3, gas=12.0, fan=True)
    assert phases(it)[0] == Phase.TRIPPED
    assert it.latches.keys() == {"gas"}
    says(it, 4, gas=None)
    refused = it.reset("gas", 4000)
    assert refused is not None
    assert refused.standing.because == "gas >= 20 %"
    says(it, 5, gas=12.0)
    assert it.reset("gas", 5000) is None
    assert it.standings["gas"] == Standing(since_ms=5000, version=it.version)


def test_a_latch_outlives_the_process_and_a_rule_that_is_no_more_does_not() -> None:
    it = machine()
    says(it, 1, gas=25.0)
    again = Interlocks(it.rules)
    again.recall({**it.latches, "gone": Standing(Phase.TRIPPED)}, it.version)
    assert again.standings.keys() == {"gas"}
    assert again.demands()["valve"] == (False, "gas")
    again.look(0, 9000)
    assert again.standings["gas"].since_ms == 1000
    assert again.version > it.version


def test_a_button_resets_by_being_pressed_not_by_being_stuck() -> None:
    it = machine()
    says(it, 1, gas=25.0, button=True)
    says(it, 2, gas=3.0, button=True)
    assert phases(it)[0] == Phase.TRIPPED
    says(it, 3, button=False)
    says(it, 4, button=True)
    assert phases(it)[0] == Phase.CLEAR
    says(it, 5, button=False, gas=25.0)
    says(it, 6, button=True)
    assert phases(it)[0] == Phase.TRIPPED, "refused while the condition is true"


def test_what_a_force_does_when_nothing_is_known_is_its_own_choice() -> None:
    assert phases(machine("hold"))[1] == "held"
    assert phases(machine("trip"))[1] == "tripped"
    assert phases(machine("ignore"))[1] == "clear"


def test_forces_go_before_permits_and_earlier_before_later() -> None:
    it = machine()
    says(it, 1, gas=3.0, fan=False)
    says(it, 1, "e", count=4)
    assert it.demands()["heater"] == (True, "count"), "before the permit"
    says(it, 2, gas=25.0)
    assert it.demands()["heater"] == (False, "gas"), "before the later force"


def test_an_input_whose_point_is_not_what_the_set_says_is_not_known() -> None:
    it = machine()
    says(it, 1, gas=3.0, fan=True)
    it.presence(["d", "e"], {**POINTS, Place("d", "gas"): (float, "[ppm]")})
    it.look(1, 1000)
    assert (it.unfit, phases(it)[0]) == (("gas",), "held")
    it.presence(["d"], {place: kind for place, kind in POINTS.items() if place.point != "fan"})
    assert it.unfit == ("fan",)
    says(it, 2, fan="yes")
    assert phases(it) == ["clear", "clear", "held"]
    assert not it.heard(Place("d", "other"), True, 3)


def test_a_device_that_falls_silent_takes_its_inputs_along() -> None:
    it = machine()
    says(it, 1, gas=3.0, fan=True)
    it.presence(["e"], POINTS)
    it.look(1, 1000)
    assert phases(it) == ["held", "clear", "held"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["gas", "fan", "reset", "look"]), st.one_of(st.none(), st.floats(0, 40))), max_size=30
    )
)
def test_a_latched_force_is_never_left_but_by_a_reset_that_its_condition_allows(
    steps: list[tuple[str, float | None]],
) -> None:
    it, latched, version, known = machine(), False, 0, None
    for number, (what, value) in enumerate(steps, start=1):
        if what == "reset":
            it.look(number, number)
            latched = latched and it.reset("gas", number) is not None
        elif what == "look":
            it.look(number, number)
        else:
            it.heard(Place("d", what), value if what == "gas" else value is not None, number)
            it.look(number, number)
        heard = it._heard.get("gas")
        known = None if heard is None or number > heard.at_s + 5 else float(heard.value)
        if what == "reset" and latched:
            assert known is None or known >= 20, "a reset is refused for a reason only"
        latched = latched or (known is not None and known >= 20)
        assert (it.standings["gas"].phase is Phase.TRIPPED) is latched
        if latched or known is None:
            assert it.forbids(VALVE, True) is not None
        assert it.version >= version
        version = it.version


def test_what_comes_late_says_nothing_of_now() -> None:
    it = machine()
    says(it, 100, gas=15.0, fan=True)
    it.look(100, 100_000)
    assert it.forbids(HEATER, True)
    assert it.heard(Place("d", "gas"), 1.0, 97)
    it.look(101, 101_000)
    assert it.forbids(HEATER, True), "the newer value still says too much gas"
    says(it, 102, gas=1.0)
    it.look(102, 102_000)
    assert it.forbids(HEATER, True) is None
    it.heard(Place("d", "gas"), None, 101)
    it.look(102, 102_000)
    assert it.forbids(HEATER, True), "what is not known, whenever, gives no permit"


def test_a_clock_that_is_put_back_makes_no_input_deaf() -> None:
    it = machine()
    says(it, 100, gas=1.0, fan=True)
    it.look(100, 100_000)
    says(it, 50, gas=25.0)
    it.look(50, 100_100)
    assert it.standings["gas"].phase is Phase.TRIPPED


def test_another_set_knows_what_inputs_said_that_are_the_same_in_it() -> None:
    before = machine()
    says(before, 1, gas=25.0, fan=True)
    text = TEXT.replace("UNKNOWN", "ignore")
    after = Interlocks(load(text.replace('max_age = "5 s"', 'max_age = "9 s"').replace("gas < 10 %", "gas < 30 %")))
    after.follow(before)
    after.recall(before.latches, before.version)
    after.presence(["d", "e"], POINTS)
    after.look(2, 2000)
    assert after.standings["heater-on"].because == "needs gas < 30 %", "the fan is known, the gas not yet"
    assert after.standings["gas"].phase is Phase.TRIPPED
    says(after, 3, gas=3.0)
    assert after.standings["heater-on"].phase is Phase.CLEAR
