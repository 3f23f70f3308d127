"""All checks, in the order in which they are made: first what changes nothing, last what takes long."""

from labkeeper_firmware.checks import announcing, clock, commands, endurance, link, power, telemetry
from labkeeper_firmware.findings import Check
from labkeeper_sdk import Title

WIRE = "the device connects through the suite's port"
POWER = "`--power` or `--run`"

CHECKS = (
    Check(
        "announces",
        Title("自我说明", "announces itself"),
        Title(
            "`$state` 变为 `ready`，`$description` 合法，每个属性都有保留的值",
            "`$state` becomes `ready`, `$description` is legal, each property has a retained value",
        ),
        Title(
            "连接后依次发布（保留）：$state=init、$description、所有属性、$state=ready",
            "After connecting publish, retained: $state=init, $description, all properties, $state=ready.",
        ),
        announcing.announces,
    ),
    Check(
        "schema",
        Title("遥测格式", "telemetry schema"),
        Title("数值符合声明的数据类型和范围", "values have the datatype and the format they were declared with"),
        Title(
            "按 Homie 5 的写法发布数值：小数点用“.”，不带单位，不超出 format",
            "Write values as Homie 5 has them: a point, no unit, nothing outside the format.",
        ),
        telemetry.schema,
    ),
    Check(
        "cadence",
        Title("遥测间隔", "telemetry cadence"),
        Title("自动发布的属性按声明的间隔发布", "properties that speak by themselves do so as often as declared"),
        Title(
            "用单调时钟计时，从上一次应发布的时刻算起，而不是从发送完成算起",
            "Time it by a monotonic clock, from when the last one was due and not from when it was sent.",
        ),
        telemetry.cadence,
        "a profile with `telemetry`",
    ),
    Check(
        "restraint",
        Title("克制", "restraint"),
        Title(
            "不发布没有声明的主题，每秒消息数不超过声明",
            "nothing is published that is not declared, and no more messages a second than declared",
        ),
        Title("去掉调试主题；只在变化时或到时才发布", "Remove debugging topics; publish on change or when it is due."),
        announcing.restraint,
    ),
    Check(
        "clock",
        Title("时间戳", "clock"),
        Title("测量时间与真实时间一致，并带时区", "the time of measuring is the time, and says its zone"),
        Title(
            "向时间服务器（SNTP）对时，以 UTC 写出并以 Z 结尾",
            "Ask a time server (SNTP); write UTC, and end it with Z.",
        ),
        clock.clock,
        "a profile with `clock`",
    ),
    Check(
        "answers",
        Title("命令回答", "command answers"),
        Title(
            "在声明的时间内执行命令，执行之后才回答",
            "a command is done within the declared time, and answered when it is done",
        ),
        Title("先动作，读回，再发布数值", "Move the pin, read it back, then publish the value."),
        commands.answers,
        "a profile with `actuators`; with a witness (`--serial`, `--run`) the pins are asked too",
    ),
    Check(
        "bad_payloads",
        Title("非法负载", "bad payloads"),
        Title(
            "空的、乱码的、超长的、超出范围的命令不改变任何东西",
            "empty, garbled, huge and out-of-range commands change nothing",
        ),
        Title(
            "对每个命令先检查长度、字符和范围，再转换；捕获异常",
            "Check length, characters and range before converting; catch what it raises.",
        ),
        commands.bad_payloads,
    ),
    Check(
        "flood",
        Title("命令洪水", "flood"),
        Title(
            "一次 400 条命令：最后一条有效，设备仍在",
            "400 commands at once: the last one counts, the device is still there",
        ),
        Title(
            "接收缓冲区要有上限；处理完再确认看门狗",
            "Bound the receive buffer, and feed the watchdog between messages.",
        ),
        commands.flood,
        "a profile with `actuators`",
    ),
    Check(
        "will",
        Title("遗嘱", "will"),
        Title(
            "连接断开后 `$state` 变为 `lost`，之后自己恢复",
            "its connection breaks: `$state` becomes `lost`; then it comes back",
        ),
        Title(
            "CONNECT 中设置遗嘱：主题 $state，内容 lost，QoS 1，保留",
            "Set a will in CONNECT: topic $state, payload lost, QoS 1, retained.",
        ),
        link.will,
        WIRE,
    ),
    Check(
        "stale_command",
        Title("过期命令", "stale command"),
        Title(
            "离线期间发送的命令（QoS 1）恢复后不执行",
            "a command sent at QoS 1 while it was away is not done when it is back",
        ),
        Title(
            "使用 clean session，命令主题以 QoS 0 订阅", "Connect with a clean session; subscribe to commands at QoS 0."
        ),
        link.stale_command,
        f"a profile with `actuators`; {WIRE}",
    ),
    Check(
        "retained_command",
        Title("保留的命令", "retained command"),
        Title("启动时收到的保留命令不执行", "a retained command is not done at the start"),
        Title("忽略带 retain 标志的命令", "Ignore commands whose retain flag is set."),
        link.retained_command,
        f"a profile with `actuators`; {POWER}, or {WIRE}",
    ),
    Check(
        "link_loss",
        Title("断线安全", "link loss"),
        Title(
            "链路无声中断后，每个执行器在声明的时间内回到安全值",
            "the link falls silent: each actuator is at its safe value within its declared time",
        ),
        Title(
            "记下最后一次收到代理数据的时刻；超过时限就回到安全值，不要等 TCP 报错",
            "Remember when the broker was last heard; go safe when that is too long ago. Do not wait for TCP.",
        ),
        link.link_loss,
        f"a profile with `actuators`; {WIRE}; with a witness the pins are asked, without one only the device",
    ),
    Check(
        "broker_restart",
        Title("代理重启", "broker restart"),
        Title(
            "代理停止再启动后，设备自己回来并服从命令", "the broker stops and starts: the device comes back and obeys"
        ),
        Title("断开后以随机的、逐渐加长的间隔一直重连", "Reconnect for ever, with growing and random waits."),
        link.broker_restart,
        "no `--broker`: the suite's own",
    ),
    Check(
        "reboot",
        Title("断电重启", "reboot"),
        Title(
            "运行中断电：恢复后执行器在安全值，设置没有丢",
            "the power goes while everything runs: actuators are safe afterwards, settings are kept",
        ),
        Title(
            "上电先把输出置于安全值；设置写入闪存后再回答",
            "Put outputs to safe first thing at power on; write settings to flash before you answer.",
        ),
        power.reboot,
        POWER,
    ),
    Check(
        "clock_jump",
        Title("时钟跳变", "clock jump"),
        Title(
            "时间服务器向前跳一小时再跳回：时间戳跟上，遥测不停",
            "the time server jumps an hour and back: stamps follow, telemetry goes on",
        ),
        Title("间隔用单调时钟；定期对时", "Time intervals by a monotonic clock; ask for the time again now and then."),
        clock.clock_jump,
        "a profile with `clock`; the device asks the suite's time server (`--sntp`)",
    ),
    Check(
        "long_run",
        Title("长时间运行", "long run"),
        Title(
            "`--minutes` 内反复命令：每次都回答，从不重启",
            "commanded for `--minutes`: answers each time, never restarts",
        ),
        Title("检查内存是否增长，计数器是否溢出", "Look for growing memory and counters that wrap."),
        endurance.long_run,
        "`--minutes` above 0",
    ),
)
