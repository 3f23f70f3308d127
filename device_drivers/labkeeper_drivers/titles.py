"""Names for people: what the common properties of lab devices are called in Chinese and English."""

import re

from labkeeper_sdk import Title

CHINESE = {
    "action": "按键动作", "battery": "电量", "battery_low": "电量低", "brightness": "亮度", "child_lock": "童锁",
    "co2": "二氧化碳", "color": "颜色", "color_temp": "色温", "contact": "门磁闭合", "count": "人数",
    "current": "电流", "current_heating_setpoint": "设定温度", "device_temperature": "设备温度", "distance": "距离",
    "effect": "灯光效果", "energy": "电能", "formaldehyd": "甲醛", "formaldehyde": "甲醛", "gas": "燃气",
    "hue": "色相", "humidity": "湿度", "identify": "闪烁识别", "illuminance": "照度", "led": "指示灯", "left": "左",
    "left_motor": "左电机", "right_motor": "右电机", "distance_ahead": "前方距离", "opening_angle": "张开角度",
    "show_yourself": "闪烁识别",
    "linkquality": "信号质量", "local_temperature": "当前温度", "lock_state": "锁状态", "mode": "模式",
    "motion": "移动", "noise": "噪声", "occupancy": "有人", "occupied_heating_setpoint": "设定温度", "people": "人数",
    "pm10": "PM10", "pm25": "PM2.5", "position": "位置", "power": "功率", "power_factor": "功率因数",
    "power_on_behavior": "上电状态", "presence": "有人", "pressure": "气压", "relay": "继电器", "right": "右",
    "running_state": "运行状态", "saturation": "饱和度", "self_test": "自检", "smoke": "烟雾",
    "soil_moisture": "土壤湿度", "speed": "速度", "state": "开关", "system_mode": "系统模式", "tamper": "防拆",
    "temperature": "温度", "vibration": "振动", "apparent_power": "视在功率", "apparentpower": "视在功率",
    "ct": "色温", "current_humidity": "当前湿度", "current_temperature": "当前温度", "dewpoint": "露点",
    "dimmer": "亮度", "direction": "方向", "door": "门", "energy_returned": "回馈电能", "factor": "功率因数",
    "fan_mode": "风速模式", "fan_speed": "风速", "flood": "漏水", "frequency": "频率", "input": "输入",
    "locked": "已上锁", "moisture": "漏水", "move": "动作", "opening": "开启", "oscillation": "摆动", "outlet": "插座",
    "pm2.5": "PM2.5", "pm1": "PM1", "preset_mode": "预设模式", "reactive_power": "无功功率",
    "reactivepower": "无功功率", "signal": "信号强度", "signal_strength": "信号强度", "swing_mode": "摆风模式",
    "swing_horizontal_mode": "左右摆风", "target_humidity": "目标湿度", "switch": "开关",
    "temperature_high": "温度上限", "temperature_low": "温度下限", "tilt": "倾角", "today": "今日用电",
    "update": "固件更新", "update_progress": "更新进度", "volatile_organic_compounds": "挥发性有机物",
    "window": "窗户", "yesterday": "昨日用电", "car": "车辆", "bicycle": "自行车", "dog": "狗", "cat": "猫",
    "all": "全部目标", "lock": "锁", "cover": "窗帘", "light": "灯", "fan": "风扇", "carbon_dioxide": "二氧化碳",
    "air_temperature": "室温", "aqi": "空气质量指数", "outdoor_aqi": "室外空气质量指数", "co": "一氧化碳",
    "desk_illuminance": "桌面照度", "board_illuminance": "黑板照度", "gas_lel": "可燃气体浓度",
    "gas_value": "可燃气体浓度", "hcho": "甲醛", "pm2_5": "PM2.5", "sound_level": "声级", "tvoc": "总挥发性有机物",
    "carbon_monoxide": "一氧化碳", "voc": "挥发性有机物", "voltage": "电压", "water_leak": "漏水",
    "display": "显示屏", "lamp": "灯", "rain": "降雨", "restart": "重启", "test": "自检中",
    "threshold": "阈值", "wind": "风速", "angle": "角度", "counting": "计数", "ingoing": "累计进入",
    "outgoing": "累计离开", "channel": "通道", "output": "输出", "port": "端口", "sensor": "传感器",
    "power_switch": "电源",
}  # fmt: skip
NUMBERED = re.compile(r"([a-z_]+?)[-_ ]?([0-9]+)")


def title_of(name: str, label: str = "") -> Title:
    """Return a property's title: `label` (the device's own words) in English, ours in Chinese where we have one."""
    return Title(zh=_chinese(name), en=label or name.replace("_", " ").replace("-", " ").capitalize())


def _chinese(name: str) -> str:
    """Return our word for a property, or for one of several: relay-2 is 继电器 2."""
    if name in CHINESE:
        return CHINESE[name]
    one = NUMBERED.fullmatch(name)
    return f"{CHINESE[one[1]]} {one[2]}" if one and one[1] in CHINESE else ""


def title_in_its_language(text: str) -> Title:
    """Return a name people gave as a title, Chinese when it holds a Chinese character."""
    return Title(zh=text) if any("\u3400" <= letter <= "\u9fff" for letter in text) else Title(en=text)
