"""Lab air and comfort, with the limits drawn and their source in the description."""

from labkeeper_dashboards.boards.parts import CARBON_DIOXIDE, ROOM_TEMPERATURE, measured
from labkeeper_dashboards.influxql import OF_LABS, of_latest, over_time
from labkeeper_dashboards.limits import (
    BOARD_LIGHT,
    CO,
    CO2,
    DESK_LIGHT,
    HCHO,
    HUMIDITY,
    NOISE,
    OUTDOOR_AIR,
    PM10,
    PM25,
    TEMPERATURE,
    TVOC,
)
from labkeeper_dashboards.model import LAB, SCHOOL, Board, Kind, Look, Panel, Row
from labkeeper_dashboards.rules import points_of, watched
from labkeeper_sdk import Title

HIGHEST = Title("各实验室传感器中的最高值。", "The highest of each lab's sensors.")
DARKEST = Title("各实验室传感器中的最低值。", "The lowest of each lab's sensors.")
MEAN = Title("各实验室传感器的平均值。", "The mean of each lab's sensors.")
TVOC_ONLY = ("tvoc",)  # the rule knows `voc` too, but by its unit: for most it is an index

NOW = Panel(
    Kind.BARS,
    Title("此刻的二氧化碳", "CO2 now"),
    HIGHEST,
    (
        of_latest(
            "max", "number", f"{OF_LABS} AND {CARBON_DIOXIDE}", ("lab",), name="co2", each=("device", "point")
        ).called("$tag_lab"),
    ),
    Look("ppm", CO2, decimals=0, minimum=400, maximum=2500),
    width=8,
)
TEN_MINUTES = Panel(
    Kind.CHART,
    Title("二氧化碳，10 分钟平均", "CO2, mean of 10 minutes"),
    Title("限值针对 10 分钟平均值。", "The limits are meant for means of 10 minutes."),
    (over_time("mean", "number", f"{OF_LABS} AND {CARBON_DIOXIDE}", every="10m").called("$tag_lab"),),
    Look("ppm", CO2, minimum=400),
    width=16,
)
COMFORT = (
    Panel(
        Kind.CHART,
        Title("温度", "Temperature"),
        MEAN,
        (over_time("mean", "number", f"{OF_LABS} AND {ROOM_TEMPERATURE}").called("$tag_lab"),),
        Look("celsius", TEMPERATURE, decimals=1),
    ),
    Panel(
        Kind.CHART,
        Title("相对湿度", "Relative humidity"),
        MEAN,
        (over_time("mean", "number", f"{OF_LABS} AND {watched(*points_of('humidity_low'))}").called("$tag_lab"),),
        Look("percent", HUMIDITY, minimum=0, maximum=100),
    ),
    measured(
        Title("桌面照度", "Light on the desks"), DARKEST, points_of("light_desk"), "lux", DESK_LIGHT, function="min"
    ),
    measured(
        Title("黑板照度", "Light on the board"), DARKEST, points_of("light_board"), "lux", BOARD_LIGHT, function="min"
    ),
    measured(Title("噪声", "Noise"), HIGHEST, (*points_of("noise"), "sound_pressure"), "dB", NOISE),
    measured(
        Title("室外空气质量指数", "Air quality index outside"),
        Title("各测点中的最高值；决定体育课能否在室外上。", "The highest of the stations; whether PE can be outside."),
        points_of("outdoor_air"),
        "none",
        OUTDOOR_AIR,
    ),
)
BOARD = Board(
    "air",
    Title("实验室空气与舒适度", "Lab air and comfort"),
    Title(
        "空气质量、温湿度、光与声，附参考限值。",
        "Air quality, warmth, moisture, light and sound, with reference limits.",
    ),
    (SCHOOL, LAB),
    (
        Row(Title("二氧化碳", "Carbon dioxide"), (NOW, TEN_MINUTES)),
        Row(
            Title("颗粒物与有害气体", "Particles and harmful gases"),
            (
                measured(Title("PM2.5", "PM2.5"), HIGHEST, points_of("pm25"), "conμgm3", PM25, width=8),
                measured(Title("PM10", "PM10"), HIGHEST, points_of("pm10"), "conμgm3", PM10, width=8),
                measured(Title("一氧化碳", "Carbon monoxide"), HIGHEST, points_of("co"), "ppm", CO, width=8),
                measured(Title("甲醛", "Formaldehyde"), HIGHEST, points_of("hcho"), "conmgm3", HCHO),
                measured(Title("总挥发性有机物", "TVOC"), HIGHEST, TVOC_ONLY, "conmgm3", TVOC),
            ),
        ),
        Row(Title("舒适度", "Comfort"), COMFORT),
    ),
    since="now-24h",
)
