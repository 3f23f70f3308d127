"""Which figures the hub writes about itself; `docs/reference/hub-figures.md` describes each of them.

Truths are 0 or 1 and not booleans, so that a mean over time is a share of time and a sum is a count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from labkeeper_hub.model import HUB_NODE
from labkeeper_sdk import Title
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

LEDGER, NODE, ITSELF = "#ledger", "#node", "#itself"
"""Devices of what the hub knows about a node, and of what a foreign node says of itself; no device can be called so."""
JOURNAL, BROKER, PRESENCE, COMMANDS, REFUSALS = "journal", "broker", "presence", "commands", "refusals"
FORWARDER = "forwarder"
"""Devices of what the hub knows about itself."""
ALARMS, ALARMS_OF_NODE = "alarms", "#alarms"
"""Devices of what the hub knows about alarms: all of them, and those of one node."""
CLASS, LAB = "#class", "#lab"
"""Devices of a PE class as a whole, at a node of its lab, and of what holds for the whole lab of a node."""
STOP = "stop"
"""The device of what a school's stop says."""


def alarms_of_role(role: str) -> str:
    """Return the device of the alarms that a role responds to."""
    return f"{ALARMS}-{role}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, its unit (UCUM), what people call it. Names and benches are texts, the rest numbers."""

    name: str
    unit: str
    title: Title
    datatype: DataType = DataType.INT64

    @property
    def is_text(self) -> bool:
        return self.datatype is DataType.STRING

    @property
    def description(self) -> PointDescription:
        """The figure as a point."""
        kind, title = "state" if self.is_text else "measure", self.title
        return PointDescription(self.name, kind, self.datatype, self.unit, title_zh=title.zh, title_en=title.en)


def node_about(node: str) -> str:
    """Return the reserved node that carries what the hub knows about `node`; its lab is that node's."""
    return f"{HUB_NODE}/{node}"


OF_LEDGER = {
    figure.name: figure
    for figure in (
        Figure("taken", "{readings}", Title("节点已采集的读数", "Readings taken by the node")),
        Figure("stored", "{readings}", Title("已存储的读数", "Readings stored")),
        Figure("gaps", "{readings}", Title("已登记缺失的读数", "Readings given up as gaps")),
        Figure("pending", "{readings}", Title("尚未存储的读数", "Readings taken and not stored yet")),
        Figure(
            "missing",
            "{readings}",
            Title("账目差额", "Readings missing at the node's last word that do not wait there"),
        ),
        Figure("duplicates", "{batches}", Title("重复批次", "Batches that came again")),
        Figure("backlog", "{batches}", Title("节点积压批次", "Batches waiting at the node")),
        Figure("age", "s", Title("最新读数的年龄", "Age of the newest reading"), DataType.DOUBLE),
    )
}
OF_PRESENCE = {
    figure.name: figure
    for figure in (
        Figure("online", "", Title("在线", "Online")),
        Figure("returns", "{times}", Title("重新上线次数", "Times it came back online")),
    )
}
OF_DEVICE = {
    figure.name: figure
    for figure in (
        Figure("title_zh", "", Title("中文名称", "Title in Chinese"), DataType.STRING),
        Figure("title_en", "", Title("英文名称", "Title in English"), DataType.STRING),
        Figure("bench", "", Title("实验台", "Bench"), DataType.STRING),
    )
}
OF_HUB: dict[str, Sequence[Figure]] = {
    JOURNAL: (
        Figure("committed", "{readings}", Title("已提交的读数", "Readings committed since the start")),
        Figure("queued", "{readings}", Title("等待提交的读数", "Readings waiting for their commit")),
        Figure("hot", "{readings}", Title("等待压缩的读数", "Readings not yet compacted")),
        Figure("commit", "ms", Title("上次提交耗时", "How long the last commit took"), DataType.DOUBLE),
        Figure("size", "By", Title("日志占用空间", "Size on disk")),
        Figure("failing", "", Title("无法写入", "Cannot write")),
    ),
    BROKER: (
        Figure("connected", "", Title("已连接", "Connected")),
        Figure("messages", "{messages}", Title("收到的消息", "Messages received since the start")),
    ),
    PRESENCE: (
        Figure("nodes", "", Title("节点总数", "Nodes")),
        Figure("nodes_online", "", Title("在线节点", "Nodes online")),
        Figure("devices", "", Title("设备总数", "Devices")),
        Figure("devices_online", "", Title("在线设备", "Devices online")),
    ),
    COMMANDS: (
        Figure("done", "{commands}", Title("已完成的命令", "Commands done since the start")),
        Figure("rejected", "{commands}", Title("被拒绝的命令", "Commands rejected since the start")),
        Figure("failed", "{commands}", Title("失败的命令", "Commands failed since the start")),
        Figure("expired", "{commands}", Title("过期的命令", "Commands expired since the start")),
        Figure("unknown", "{commands}", Title("结果未知的命令", "Commands of unknown outcome since the start")),
    ),
    STOP: (Figure("stopped", "", Title("已按下全部停止", "Stop all is pressed")),),
    FORWARDER: (
        Figure("lag", "s", Title("转发延迟", "Age of the oldest reading not forwarded"), DataType.DOUBLE),
        Figure("waiting", "{readings}", Title("等待转发的读数", "Readings waiting to be forwarded")),
        Figure("quarantined", "{readings}", Title("被拒收的读数", "Readings refused by InfluxDB")),
    ),
}
OF_ALARMS = {
    figure.name: figure
    for figure in (
        Figure("standing", "{alarms}", Title("未解除的报警", "Alarms standing")),
        Figure("unacknowledged", "{alarms}", Title("未确认的报警", "Alarms not acknowledged")),
        Figure("shelved", "{alarms}", Title("已搁置的报警", "Alarms shelved")),
        Figure("stale", "{alarms}", Title("超过 24 小时未解除的报警", "Alarms standing for more than 24 h")),
        Figure("chattering", "{alarms}", Title("反复触发的报警", "Alarms that come and go")),
        Figure("raised_10min", "{alarms}", Title("最近 10 分钟触发的报警", "Alarms raised in the last 10 min")),
        Figure("peak_hour", "{alarms}", Title("最近 24 小时高峰小时的报警", "Alarms of the busiest hour in 24")),
        Figure("flood", "", Title("报警泛滥", "Flood of alarms")),
        Figure("raised_low", "{alarms}", Title("低优先级报警次数", "Alarms of low priority since the start")),
        Figure("raised_medium", "{alarms}", Title("中优先级报警次数", "Alarms of medium priority since the start")),
        Figure("raised_high", "{alarms}", Title("高优先级报警次数", "Alarms of high priority since the start")),
        Figure("acknowledge", "s", Title("确认用时中位数", "Median time to acknowledge"), DataType.DOUBLE),
    )
}
OF_ROLE_ALARMS = {
    figure.name: figure
    for figure in (
        Figure("standing", "{alarms}", Title("未解除的报警", "Alarms standing")),
        Figure("unacknowledged", "{alarms}", Title("未确认的报警", "Alarms not acknowledged")),
        Figure("stale", "{alarms}", Title("超过 24 小时未解除的报警", "Alarms standing for more than 24 h")),
        Figure("chattering", "{alarms}", Title("反复触发的报警", "Alarms that come and go")),
        Figure("raised_10min", "{alarms}", Title("最近 10 分钟触发的报警", "Alarms raised in the last 10 min")),
        Figure("raised_hour", "{alarms}", Title("最近 1 小时触发的报警", "Alarms raised in the last hour")),
        Figure("peak_hour", "{alarms}", Title("最近 24 小时高峰小时的报警", "Alarms of the busiest hour in 24")),
        Figure("flood", "", Title("报警泛滥", "Flood of alarms")),
        Figure("day_low", "{alarms}", Title("最近 24 小时的低优先级报警", "Alarms of low priority in 24 h")),
        Figure("day_medium", "{alarms}", Title("最近 24 小时的中优先级报警", "Alarms of medium priority in 24 h")),
        Figure("day_high", "{alarms}", Title("最近 24 小时的高优先级报警", "Alarms of high priority in 24 h")),
        Figure("acknowledge", "s", Title("确认用时中位数", "Median time to acknowledge"), DataType.DOUBLE),
    )
}
OF_NODE_ALARMS = {"highest": Figure("highest", "", Title("最高优先级", "Highest priority standing")), **OF_ROLE_ALARMS}
OF_LAB = {"held": Figure("held", "", Title("整间实验室由人控制", "A person holds the whole lab"))}
OF_CLASS = {
    figure.name: figure
    for figure in (
        Figure("bands", "{bands}", Title("有读数的手环数（至少）", "Bands heard, at least")),
        Figure("mean", "/min", Title("全班平均心率", "Mean heart rate of the class")),
        Figure("moving", "", Title("运动中的比例", "Share of the class that moves"), DataType.DOUBLE),
        Figure("group_density", "", Title("群体运动密度", "Group density so far"), DataType.DOUBLE),
        Figure("each_density", "", Title("个体运动密度平均", "Individual density so far, mean"), DataType.DOUBLE),
        Figure("minutes", "min", Title("上课分钟数", "Minutes of the class")),
        Figure("eased", "{times}", Title("建议放慢的次数", "Times somebody was to slow down")),
        Figure("looked", "{times}", Title("请查看孩子的次数", "Times a child was to be looked at")),
    )
}


def refusal_figure(reason: str) -> Figure:
    """Return the figure of a reason to refuse input; reasons are a closed set of short codes."""
    return Figure(reason, "{times}", Title(f"拒绝输入：{reason}", f"Input refused: {reason}"))
