"""Silver: it survives its device, and its readings are what it declared."""

from labkeeper_sdk.conformance.commanded import confirms, deadlines
from labkeeper_sdk.conformance.declared import declared, readings
from labkeeper_sdk.conformance.left_alone import cancellation, quiet, vanishing
from labkeeper_sdk.conformance.levels import Check, Level
from labkeeper_sdk.points import Title

CHECKS = (
    Check(
        "points", Level.SILVER, Title("单位与范围", "Units and ranges"),
        Title(
            "写 UCUM 单位（摄氏度为 Cel）；设定值写上下限",
            "Write units in UCUM (degrees Celsius is Cel), and limits for each setpoint",
        ),
        declared,
    ),
    Check(
        "readings", Level.SILVER, Title("读数与声明一致", "Readings are as declared"),
        Title(
            "在 read 中换算成声明的类型与范围；不明白的值用 None 或不报",
            "Convert in read() to the declared type; leave out, or say None, what makes no sense",
        ),
        readings,
    ),
    Check(
        "confirms", Level.SILVER, Title("写操作等待设备回应", "A write waits for the device"),
        Title(
            "设备报告新值之后再返回；一条命令只发一次",
            "Return when the device has said the new value; send a command once",
        ),
        confirms,
    ),
    Check(
        "deadlines", Level.SILVER, Title("写操作有期限", "Writes have an end"),
        Title(
            "用 reaching 或 asyncio.timeout 包住每次通信",
            "Put `reaching(…)` or asyncio.timeout around each exchange",
        ),
        deadlines, within_s=240,  # a blind alone may take a minute, and there may be several kinds
    ),
    Check(
        "vanishing", Level.SILVER, Title("设备消失与恢复", "The device vanishes and comes back"),
        Title(
            "连接断开时抛出 DeviceUnreachable；不要自行重连",
            "Raise DeviceUnreachable when the connection is lost; never repair it yourself",
        ),
        vanishing,
    ),
    Check(
        "quiet", Level.SILVER, Title("不可达只记一次", "Unreachable is logged once"),
        Title(
            "不要在 connect 中记日志；平台会记一次",
            "Do not log in connect: the platform logs it, once",
        ),
        quiet,
    ),
    Check(
        "cancellation", Level.SILVER, Title("一秒内响应取消", "Lets go within a second"),
        Title(
            "不要吞掉 CancelledError；finally 中不要等待",
            "Never swallow CancelledError; do not wait in `finally`",
        ),
        cancellation,
    ),
)  # fmt: skip
