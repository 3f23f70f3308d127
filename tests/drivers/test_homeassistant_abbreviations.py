"""Short keys are whole ones."""

import pytest

from labkeeper_drivers.homeassistant.abbreviations import ABBREVIATIONS, DEVICE_ABBREVIATIONS, whole

# as Home Assistant documents them
DOCUMENTED = {
    "act_t": "action_topic", "avty": "availability", "avty_mode": "availability_mode", "avty_t": "availability_topic",
    "avty_tpl": "availability_template", "bri_cmd_t": "brightness_command_topic", "bri_scl": "brightness_scale",
    "bri_stat_t": "brightness_state_topic", "bri_val_tpl": "brightness_value_template",
    "clr_temp_cmd_t": "color_temp_command_topic", "cmd_off_tpl": "command_off_template", "cmd_t": "command_topic",
    "cmd_tpl": "command_template", "cmps": "components", "curr_temp_t": "current_temperature_topic", "dev": "device",
    "dev_cla": "device_class", "dock_cmd_tpl": "dock_command_template", "evt_typ": "event_types",
    "fx_cmd_t": "effect_command_topic", "fx_list": "effect_list", "hum_state_tpl": "target_humidity_state_template",
    "lrst_val_tpl": "last_reset_value_template", "max_mirs": "max_mireds", "mode_stat_tpl": "mode_state_template",
    "ops": "options", "osc_cmd_t": "oscillation_command_topic", "p": "platform",
    "pause_mw_cmd_tpl": "pause_command_template", "pct_val_tpl": "percentage_value_template",
    "pl_avail": "payload_available", "pl_cls": "payload_close", "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off", "pl_on": "payload_on", "pl_prs": "payload_press", "pl_unlk": "payload_unlock",
    "pos": "reports_position", "pos_clsd": "position_closed", "pos_t": "position_topic",
    "pr_mode_val_tpl": "preset_mode_value_template", "pr_modes": "preset_modes",
    "rgbww_cmd_tpl": "rgbww_command_template", "set_pos_t": "set_position_topic",
    "set_pos_tpl": "set_position_template", "spd_rng_max": "speed_range_max", "stat_cla": "state_class",
    "stat_clsd": "state_closed", "stat_locked": "state_locked", "stat_off": "state_off", "stat_t": "state_topic",
    "stat_tpl": "state_template", "stat_val_tpl": "state_value_template",
    "strt_mw_cmd_t": "start_mowing_command_topic", "sup_clrm": "supported_color_modes",
    "swing_h_modes": "swing_horizontal_modes", "swing_mode_cmd_t": "swing_mode_command_topic", "t": "topic",
    "temp_cmd_t": "temperature_command_topic", "temp_hi_stat_tpl": "temperature_high_state_template",
    "temp_unit": "temperature_unit", "tilt_cmd_t": "tilt_command_topic", "tilt_status_tpl": "tilt_status_template",
    "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement", "val_tpl": "value_template",
    "whit_cmd_t": "white_command_topic", "xy_stat_t": "xy_state_topic",
}  # fmt: skip


@pytest.mark.parametrize(("short", "long"), DOCUMENTED.items())
def test_an_abbreviation_means_what_is_documented(short: str, long: str) -> None:
    assert ABBREVIATIONS[short] == long


def test_no_abbreviation_is_a_whole_key_of_another_meaning() -> None:
    assert not [short for short, long in ABBREVIATIONS.items() if short in ABBREVIATIONS.values() and short != long]


def test_a_key_written_out_wins() -> None:
    assert whole({"cmd_t": "short", "command_topic": "long", "name": "x"}) == {"command_topic": "long", "name": "x"}
    assert whole({"ids": ["a"], "mf": "b"}, DEVICE_ABBREVIATIONS) == {"identifiers": ["a"], "manufacturer": "b"}
