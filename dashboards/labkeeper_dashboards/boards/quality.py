"""Data quality: the ledger of every node, and how the hub itself does."""

from labkeeper_dashboards.boards.known_lines import OUTCOMES, REFUSALS
from labkeeper_dashboards.boards.parts import FAILS, LAB, NODE, WORKS, counted, per_second
from labkeeper_dashboards.influxql import ABOUT_NODES, HUB, Query, at_once, figure, of_latest, over_time
from labkeeper_dashboards.limits import BACKLOG, COMMIT, LAG, NEVER, NONE, NOTHING_WRONG, TRUE_IS_GOOD, without
from labkeeper_dashboards.model import LAB as LAB_CHOICE
from labkeeper_dashboards.model import SCHOOL, Board, Column, Kind, Look, Order, Panel, Row
from labkeeper_sdk import Title

LEDGER = f"{ABOUT_NODES} AND \"device\" = '#ledger'"


def of_ledger(name: str) -> str:
    """Return the condition for one figure of the ledgers."""
    return f"{LEDGER} AND \"point\" = '{name}'"


def sum_of(name: str, title: Title, text: Title, look: Look) -> Panel:
    """A number: the latest figure of all ledgers added up."""
    query = of_latest("sum", "value_int", of_ledger(name), name=name, each=("lab", "node"))
    return Panel(Kind.NUMBER, title, text, (query,), look, width=4, height=4)


NUMBERS = (
    sum_of(
        "taken",
        Title("已采集", "Taken"),
        Title("节点写入待发箱的读数。", "Readings the nodes wrote into their outboxes."),
        Look("locale", without("running total")),
    ),
    sum_of(
        "stored",
        Title("已存储", "Stored"),
        Title("写入日志的读数。", "Readings in the journal."),
        Look("locale", without("running total")),
    ),
    sum_of(
        "gaps",
        Title("已登记缺失", "Given up"),
        Title("因节点配额放弃并登记的读数。", "Readings given up by a quota of a node, and on record."),
        Look("locale", NOTHING_WRONG),
    ),
    sum_of(
        "missing",
        Title("账目差额", "Missing"),
        Title(
            "采集了、既未存储也未登记缺失的读数，以节点最后一次报告为准。",
            "Readings taken, and neither stored nor given up, at the nodes' last word.",
        ),
        Look("locale", NEVER),
    ),
    sum_of(
        "backlog",
        Title("积压", "Backlog"),
        Title("在节点等待发送的批次。", "Batches waiting at the nodes."),
        Look("locale", BACKLOG),
    ),
    Panel(
        Kind.NUMBER,
        Title("日志写入", "Journal"),
        Title("主机能否写入磁盘。", "Whether the hub can write to its disk."),
        (at_once("last", "value_int", f"{HUB} AND {figure('journal', 'failing')}"),),
        Look("none", NEVER, FAILS),
        width=4,
        height=4,
    ),
)
NODES = Panel(
    Kind.TABLE,
    Title("各节点账目", "The nodes' ledgers"),
    Title("已采集 = 已存储 + 已登记缺失 + 尚在途中。", "Taken = stored + given up + on its way."),
    (
        *(
            at_once("last", "value_int", of_ledger(name), ("lab", "node"), name=name).as_table()
            for name in ("taken", "stored", "gaps", "missing", "backlog", "duplicates")
        ),
        at_once("last", "value", of_ledger("age"), ("lab", "node"), name="age").as_table(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            LAB,
            NODE,
            Column("taken", Title("已采集", "Taken"), "locale"),
            Column("stored", Title("已存储", "Stored"), "locale"),
            Column("gaps", Title("已登记缺失", "Given up"), "locale", NOTHING_WRONG),
            Column("missing", Title("差额", "Missing"), "locale", NEVER),
            Column("backlog", Title("积压批次", "Backlog"), "locale", BACKLOG),
            Column("duplicates", Title("重复批次", "Came again"), "locale"),
            Column("age", Title("最新读数年龄", "Newest reading"), "dthms", LAG, decimals=0),
        ),
        order=(("missing", Order.MOST), ("gaps", Order.MOST), ("age", Order.MOST)),
    ),
    width=24,
    height=7,
)


def line(title: Title, text: Title, query: Query, look: Look, width: int = 8) -> Panel:
    """A chart of one question."""
    return Panel(Kind.CHART, title, text, (query,), look, width)


OVER_TIME = (
    line(
        Title("存储速度", "Readings stored"),
        Title("每秒存储的读数，每个节点一条线。", "Readings stored a second, a line per node."),
        per_second(of_ledger("stored"), ("lab", "node")).called("$tag_lab $tag_node"),
        Look("suffix:/s", without("readings a second"), minimum=0),
    ),
    line(
        Title("最新读数的年龄", "Age of the newest reading"),
        Title("显示值落后于现实多久，每个节点一条线。", "How far what is shown is behind, a line per node."),
        over_time("max", "value", of_ledger("age"), ("lab", "node")).called("$tag_lab $tag_node"),
        Look("suffix:s", LAG, minimum=0),
    ),
    line(
        Title("积压批次", "Backlog"),
        Title("在节点等待发送的批次。", "Batches waiting at the nodes."),
        over_time("max", "value_int", of_ledger("backlog"), ("lab", "node")).called("$tag_lab $tag_node"),
        Look("none", BACKLOG, minimum=0),
    ),
)
THE_HUB = (
    line(
        Title("提交耗时", "Commit time"),
        Title("日志最近一次提交的耗时。", "How long the journal's last commit took."),
        over_time("max", "value", f"{HUB} AND {figure('journal', 'commit')}", ()).called(Title("提交耗时", "commit")),
        Look("ms", COMMIT, minimum=0),
    ),
    line(
        Title("日志大小", "Size of the journal"),
        Title("日志文件占用的磁盘空间。", "What the journal takes on disk."),
        over_time("last", "value_int", f"{HUB} AND {figure('journal', 'size')}", ()).called(Title("日志", "journal")),
        Look("bytes", without("size on disk"), minimum=0),
    ),
    line(
        Title("InfluxDB 转发延迟", "Lag of the InfluxDB forwarder"),
        Title(
            "InfluxDB 落后于日志多久；日志本身不受影响。",
            "How far InfluxDB is behind the journal, which does not care.",
        ),
        over_time("max", "value", f"{HUB} AND {figure('forwarder', 'lag')}", ()).called(Title("延迟", "lag")),
        Look("suffix:s", LAG, minimum=0),
    ),
    line(
        Title("拒绝的输入", "Input refused"),
        Title(
            "按原因统计；原因的解释见《出问题时》。", "By reason; the guide 'When something is wrong' explains each."
        ),
        counted(f"{HUB} AND \"device\" = 'refusals'", ("point",)).called("$tag_point"),
        Look("none", NOTHING_WRONG, bars=True, stacked=True, minimum=0, lines=REFUSALS),
    ),
    line(
        Title("命令的结果", "How commands ended"),
        Title("按结果统计。", "By outcome."),
        counted(f"{HUB} AND \"device\" = 'commands'", ("point",)).called("$tag_point"),
        Look("none", without("mix of outcomes"), bars=True, stacked=True, minimum=0, lines=OUTCOMES),
    ),
    Panel(
        Kind.STATES,
        Title("与消息代理的连接", "Link to the broker"),
        Title("断开时节点继续采集，恢复后补发。", "While it is broken, nodes go on and deliver later."),
        (
            over_time("last", "value_int", f"{HUB} AND {figure('broker', 'connected')}", ()).called(
                Title("消息代理", "broker")
            ),
        ),
        Look("none", TRUE_IS_GOOD, WORKS),
        width=8,
    ),
)
BOARD = Board(
    "quality",
    Title("数据质量", "Data quality"),
    Title("每个节点的账目，以及主机自身的状态。", "The ledger of every node, and how the hub itself does."),
    (SCHOOL, LAB_CHOICE),
    (
        Row(Title("总账", "In all"), NUMBERS),
        Row(Title("节点", "Nodes"), (NODES, *OVER_TIME)),
        Row(Title("主机", "The hub"), THE_HUB),
    ),
)
