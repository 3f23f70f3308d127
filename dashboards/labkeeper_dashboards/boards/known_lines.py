"""Lines that are named after words of the wire: what they are called in either language."""

from labkeeper_dashboards.model import Line
from labkeeper_sdk import Title

OUTCOMES = (
    Line("done", Title("已完成", "done")),
    Line("rejected", Title("被拒绝", "rejected")),
    Line("failed", Title("失败", "failed")),
    Line("expired", Title("过期", "expired")),
    Line("unknown", Title("结果未知", "unknown")),
)
ROLES = (
    Line("alarms-teacher", Title("教师", "teacher")),
    Line("alarms-facility", Title("设施管理员", "facility")),
    Line("alarms-it", Title("信息技术人员", "IT")),
)
_REFUSED = {
    "not_protobuf": "不是 Sparkplug 载荷",
    "too_large": "载荷过大",
    "not_sparkplug": "不是 Sparkplug 主题",
    "wrong_levels": "主题层级有误",
    "unknown_kind": "消息种类未知",
    "bad_id": "标识无效",
    "too_long": "主题过长",
    "unknown_node": "未知节点",
    "unknown_device": "未知设备",
    "late": "迟到的消息",
    "seq_twice": "重复的消息",
    "seq_missing": "缺少序号",
    "birth_twice": "重复的上线消息",
    "old_birth": "过时的上线消息",
    "old_death": "过时的下线消息",
    "bdseq_missing": "缺少会话号",
    "bad_driver_saying": "驱动消息无法读取",
    "bad_state": "主机状态无效",
    "host_id_taken": "主机标识被占用",
    "too_many_nodes": "节点过多",
    "not_finite": "不是有限的数",
    "not_a_reading": "不是读数",
    "time_doubtful": "时间可疑（已保存）",
    "retained": "不该保留的消息",
    "node_twin": "节点重复",
    "bad_batch": "批次有误",
    "bad_gap": "缺失登记有误",
    "command_unknown_point": "命令：未知测点",
    "command_read_only": "命令：测点只读",
    "command_rejected": "命令：被拒绝",
    "command_expired": "命令：过期",
    "command_repeated": "命令：重复",
    "unknown_command": "答复：未知命令",
    "not_its_command": "答复：不是该设备的命令",
    "result_malformed": "答复：无法读取",
}
REFUSALS = tuple(Line(reason, Title(f"{words} {reason}", reason)) for reason, words in _REFUSED.items())
"""With the reason itself behind the words: it is what the guide and the log name."""
