"""Short keys of discovery messages as whole ones (Home Assistant: "Supported abbreviations"); pure."""

from collections.abc import Mapping

# Most abbreviations are a subject and what of it: `bri_cmd_t` is the brightness' command topic.
SUBJECTS = {
    "": "", "aux_": "aux_", "away_mode_": "away_mode_", "bri_": "brightness_", "clr_temp_": "color_temp_",
    "clrm_": "color_mode_", "dir_": "direction_", "fan_mode_": "fan_mode_", "fx_": "effect_", "hold_": "hold_",
    "act_": "activity_", "lrst_": "last_reset_", "hs_": "hs_", "hum_": "target_humidity_", "mode_": "mode_",
    "osc_": "oscillation_", "pct_": "percentage_",
    "pow_": "power_", "pr_mode_": "preset_mode_", "rgb_": "rgb_", "rgbw_": "rgbw_", "rgbww_": "rgbww_",
    "spd_": "speed_", "swing_mode_": "swing_mode_", "swing_h_mode_": "swing_horizontal_mode_",
    "temp_": "temperature_", "temp_hi_": "temperature_high_", "temp_lo_": "temperature_low_", "tilt_": "tilt_",
    "whit_": "white_", "whit_val_": "white_value_", "xy_": "xy_",
}  # fmt: skip
PARTS = {
    "cmd_t": "command_topic", "cmd_tpl": "command_template", "stat_t": "state_topic", "stat_tpl": "state_template",
    "state_tpl": "state_template", "val_tpl": "value_template",
}  # fmt: skip
TOPICS_AND_TEMPLATES = {
    "act": "action", "avty": "availability", "b": "blue", "bat_lev": "battery_level", "bri": "brightness",
    "chrg": "charging", "cln": "cleaning", "clr_temp": "color_temp", "curr_hum": "current_humidity",
    "curr_temp": "current_temperature", "dock": "docked", "err": "error", "fanspd": "fan_speed", "fx": "effect",
    "g": "green", "img": "image", "json_attr": "json_attributes", "l_ver": "latest_version", "lrst": "last_reset",
    "pos": "position", "r": "red", "set_pos": "set_position", "tilt_status": "tilt_status", "url": "url",
}  # fmt: skip
PAYLOADS = {
    "arm_away": "arm_away", "arm_custom_b": "arm_custom_bypass", "arm_home": "arm_home", "arm_nite": "arm_night",
    "arm_vacation": "arm_vacation", "avail": "available", "cln_sp": "clean_spot", "cls": "close", "dir_fwd":
    "direction_forward", "dir_rev": "direction_reverse", "disarm": "disarm", "hi_spd": "high_speed", "home": "home",
    "inst": "install", "lo_spd": "low_speed", "loc": "locate", "lock": "lock", "med_spd": "medium_speed", "not_avail":
    "not_available", "not_home": "not_home", "off": "off", "off_spd": "off_speed", "on": "on", "open": "open",
    "osc_off": "oscillation_off", "osc_on": "oscillation_on", "paus": "pause", "prs": "press", "ret": "return_to_base",
    "rst": "reset", "rst_hum": "reset_humidity", "rst_mode": "reset_mode", "rst_pct": "reset_percentage",
    "rst_pr_mode": "reset_preset_mode", "stop": "stop", "stop_tilt": "stop_tilt", "stpa": "start_pause", "strt":
    "start", "toff": "turn_off", "ton": "turn_on", "trig": "trigger", "unlk": "unlock",
}  # fmt: skip
STATES = {
    "cla": "class", "closing": "closing", "clsd": "closed", "clsing": "closing", "jam": "jammed", "locked": "locked",
    "locking": "locking", "off": "off", "on": "on", "open": "open", "opening": "opening", "stopped": "stopped",
    "unlocked": "unlocked", "unlocking": "unlocking", "val_tpl": "value_template",
}  # fmt: skip
OTHERS = {
    "atype": "automation_type", "av_tones": "available_tones", "avty": "availability",
    "avty_mode": "availability_mode", "bri_scl": "brightness_scale", "clr_temp_k": "color_temp_kelvin",
    "clrm": "color_mode", "cmd_off_tpl": "command_off_template", "cmd_on_tpl": "command_on_template",
    "cmps": "components", "cod_arm_req": "code_arm_required", "cod_dis_req": "code_disarm_required",
    "cod_form": "code_format", "cod_trig_req": "code_trigger_required", "cont_type": "content_type",
    "def_ent_id": "default_entity_id", "dev": "device", "dev_cla": "device_class", "dock_cmd_t": "dock_command_topic",
    "dock_cmd_tpl": "dock_command_template", "dsp_prc": "display_precision", "e": "encoding",
    "en": "enabled_by_default", "ent_cat": "entity_category", "ent_pic": "entity_picture", "evt_typ": "event_types",
    "exp_aft": "expire_after", "fanspd_lst": "fan_speed_list", "flsh": "flash", "flsh_tlng": "flash_time_long",
    "flsh_tsht": "flash_time_short", "frc_upd": "force_update", "fx_list": "effect_list", "grp": "group", "ic": "icon",
    "img_e": "image_encoding", "init": "initial", "json_attr": "json_attributes", "max_hum": "max_humidity",
    "max_k": "max_kelvin", "max_mirs": "max_mireds", "migr_discvry": "migrate_discovery", "min_hum": "min_humidity",
    "min_k": "min_kelvin", "min_mirs": "min_mireds", "o": "origin", "obj_id": "object_id", "off_dly": "off_delay",
    "on_cmd_type": "on_command_type", "ops": "options", "opt": "optimistic", "p": "platform",
    "pause_cmd_t": "pause_command_topic", "pause_mw_cmd_tpl": "pause_command_template", "pl": "payload",
    "pos": "reports_position", "pos_clsd": "position_closed", "pos_open": "position_open", "pr_modes": "preset_modes",
    "ptrn": "pattern", "rel_s": "release_summary", "rel_u": "release_url", "ret": "retain",
    "send_cmd_t": "send_command_topic", "set_fan_spd_t": "set_fan_speed_topic", "spd_rng_max": "speed_range_max",
    "spd_rng_min": "speed_range_min", "spds": "speeds", "src_type": "source_type",
    "strt_mw_cmd_t": "start_mowing_command_topic", "strt_mw_cmd_tpl": "start_mowing_command_template",
    "stype": "subtype", "sug_dsp_prc": "suggested_display_precision", "sup_clrm": "supported_color_modes",
    "sup_dur": "support_duration", "sup_feat": "supported_features", "sup_off": "supports_off",
    "sup_vol": "support_volume_set", "swing_h_modes": "swing_horizontal_modes", "t": "topic",
    "temp_unit": "temperature_unit", "tilt_clsd_val": "tilt_closed_value", "tilt_inv_stat": "tilt_invert_state",
    "tilt_opnd_val": "tilt_opened_value", "tilt_opt": "tilt_optimistic", "tit": "title", "trns": "transition",
    "uniq_id": "unique_id", "unit_of_meas": "unit_of_measurement", "whit_scl": "white_scale",
    "whit_val_scl": "white_value_scale",
}  # fmt: skip
ABBREVIATIONS: Mapping[str, str] = {
    **{f"{short}{part}": f"{whole}{rest}" for short, whole in SUBJECTS.items() for part, rest in PARTS.items()},
    **{f"{short}_t": f"{whole}_topic" for short, whole in TOPICS_AND_TEMPLATES.items()},
    **{f"{short}_tpl": f"{whole}_template" for short, whole in TOPICS_AND_TEMPLATES.items()},
    **{f"pl_{short}": f"payload_{whole}" for short, whole in PAYLOADS.items()},
    **{f"stat_{short}": f"state_{whole}" for short, whole in STATES.items()},
    **OTHERS,
}
DEVICE_ABBREVIATIONS: Mapping[str, str] = {
    "cns": "connections", "cu": "configuration_url", "hw": "hw_version", "ids": "identifiers", "mdl": "model",
    "mdl_id": "model_id", "mf": "manufacturer", "sa": "suggested_area", "sn": "serial_number", "sw": "sw_version",
}  # fmt: skip


def whole(document: Mapping[str, object], abbreviations: Mapping[str, str] = ABBREVIATIONS) -> dict[str, object]:
    """Return the document with whole keys; a key written out wins over its abbreviation."""
    longer = {abbreviations[key]: value for key, value in document.items() if key in abbreviations}
    return {**longer, **{key: value for key, value in document.items() if key not in abbreviations}}
