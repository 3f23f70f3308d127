/** The shapes of the hub's HTTP and WebSocket interface, as the page reads them. Times are milliseconds since the epoch. */
declare namespace wire {
  type Value = boolean | number | string;
  interface Title { zh: string; en: string }
  interface Lab { school: string; lab: string; title: Title; nodes: string[] }
  interface Node { school: string; node: string; lab: string | null; online: boolean; since_ms: number; last_seen_ms: number | null; twin?: boolean; interlocks_differ?: boolean }
  interface Point {
    point: string;
    kind: "measure" | "state" | "setpoint" | "switch" | "action" | "event";
    type: "float" | "int" | "bool" | "str";
    unit: string;
    minimum: number | null;
    maximum: number | null;
    step: number | null;
    options: string[] | null;
    writable: boolean;
    /** Where its node drives it when its lease ends, and how long after the hub is lost; null: it holds. */
    safe_value: Value | null;
    link_loss_s: number | null;
    /** What it does by itself if nobody looks at it. */
    risk: string;
    title: Title;
    confirm_s: number | null;
  }
  interface Influx { late: boolean; lag_s: number; quarantined: number; missed: number; attention: boolean }
  interface Status { influx: Influx | null; journal: { failing: string | null } }
  interface DeviceId { school: string; node: string; device: string }
  interface PointId extends DeviceId { point: string }
  interface Device extends DeviceId {
    lab: string | null;
    title: Title;
    bench: string | null;
    make: string | null;
    model: string | null;
    online: boolean;
    since_ms: number;
    points: Point[];
  }
  interface Latest extends PointId { value: Value | null; time_ms: number | null; quality: number; stale: boolean }
  interface Command extends PointId {
    id: string;
    value: Value;
    state: "queued" | "sent" | "accepted" | "done" | "rejected" | "failed" | "expired" | "unknown";
    code: string | null;
    message: string | null;
    created_ms: number;
    deadline_ms: number;
  }
  interface Lease { fence: number; holder: string; school: string; lab: string; bench: string | null; node: string | null; device: string | null; until_ms: number; given_from: number | null; points: Given[] | null; asks: Ask[] }
  /** Somebody who asks for the lab: open until then; what became of it is told until then. */
  interface Ask { by: string; until_ms: number; state: "open" | "kept" | "unanswered" }
  /** A point that was given, and its limits. */
  interface Given { node: string; device: string; point: string; minimum: number | null; maximum: number | null }
  /** A pupil group's link; `code` is its QR code, a text of 1 and 0 a row. */
  interface Seat { floor: { name: string }; link: string; code: string[] }
  interface Stop { school: string; latch: string; by: string; at_ms: number; devices: number; confirmed: number; missing: DeviceId[]; sent: boolean }
  /** Who may release the stop under a latch: whether whoever looks may, and which colleagues. */
  interface Release { latch: string; yours: boolean; ask: string[] }
  interface AlarmId extends PointId { rule: string }
  type Priority = "low" | "medium" | "high";
  interface Alarm extends AlarmId {
    lab: string;
    level: string;
    priority: Priority;
    safety: boolean;
    core: "norm" | "unack" | "ack" | "rtn_unack" | "latched_unack" | "latched_ack";
    suppression: "not_suppressed" | "shelved" | "suppressed_by_design" | "out_of_service";
    annunciated: boolean;
    shown: boolean;
    value: number | null;
    raised_ms: number;
    since_ms: number;
    cause: string | null;
    shelf: { who: string; why: string; until_ms: number } | null;
    service: { who: string; order: string; second: string | null } | null;
    version: number;
  }
  interface AlarmEntry extends AlarmId { lab: string; kind: string; level: string; time_ms: number; at_ms: number; value: number | null; who: string | null; why: string | null; late: boolean }
  interface AlarmLevel { name: string; priority: "note" | Priority; kind: string; side: string; limit: number; deadband: number; window_ms: number; on_delay_ms: number; off_delay_ms: number; latch: boolean }
  interface AlarmRule { id: string; title: Title; consequence: Title; response: Title; role: string; class: string; source: Title; unit: string; points: string[]; units: string[]; gates: string[]; levels: AlarmLevel[]; overrides: AlarmOverride[] }
  interface AlarmOverride { school: string; lab: string | null; off: boolean; limits: Record<string, number>; on_delay_ms: Record<string, number>; off_delay_ms: Record<string, number>; deadband: Record<string, number>; who: string; why: string; at_ms: number | null }
  interface AlarmPlace { school: string; lab: string | null }
  interface Spell { level: string; from_ms: number; to_ms: number; open_end: boolean }
  interface Trial { readings: number; every_ms: number | null; gates: string[]; replayed: string[]; spells: Spell[] }
  interface AlarmKpis { by: "all" | "role" | "lab"; of: string; raised: number; per_10min: number; peak_10min: number; peak_hour: number; flood_share: number; mix: Record<Priority, number> | null; standing: number; stale: number; chattering: number; acknowledge_s: number | null; within: boolean }
  interface Channel { name: string; kind: string; language: string; made_ms: number; made_by: string; failures: number; error: string | null; sent_ms: number | null }
  interface ChannelKind extends Title { kind: string; form: { properties?: Record<string, object>; required?: string[] } }
  interface TellingHours { days: number[]; start: string; end: string; holidays: boolean }
  interface TellingStep { channel: string; after_min: number; hours: TellingHours | null }
  interface TellingRule { name: string; schools: string[]; labs: string[]; classes: string[]; roles: string[]; priority: string; steps: TellingStep[]; repeat_min: number }
  interface TellingPlan { rules: TellingRule[]; per_hour: number; digest_min: number; url: string | null }
  interface Told { id: string; channel: string; kind: string; title: string; safety: boolean; made_ms: number; fate: string; attempts: number; ended_ms: number | null; error: string | null }
  interface InterlockProposal { hash: string; by: string; at_ms: number; text: string }
  interface NodeInterlocks { school: string; node: string; running: string | null; approved: string | null; approved_text: string | null; differs: boolean; unapproved: "no" | "found" | "changed"; refused: string; proposal: InterlockProposal | null }
  interface NodeId { school: string; node: string }
  interface DriverInstance { driver: string; apart: boolean; configuration: Record<string, any> }
  type DriverInstances = Record<string, DriverInstance>;
  interface DriverMistake { pointer: string; code: string; problem: string; limits: Record<string, number | string> }
  interface DriverChange { number: number; do: "apply" | "back"; by: string; at_ms: number; taken: boolean | null; changes: string[] }
  interface NodeDrivers extends NodeId { lab: string; online: boolean; open: boolean; number: number; instances: DriverInstances; own: Record<string, { driver: string; configuration: Record<string, unknown> | null }>; left_out: DriverMistake[]; former: boolean; fell_back: boolean; versions: DriverChange[] }
  interface OfferedDriver { name: string; title: { zh: string; en: string }; version: number; schema: Record<string, any> }
  interface DriverOffer { drivers: OfferedDriver[]; withheld: { name: string; why: string }[] }
  interface DriversOutcome { answered: boolean; taken: boolean; number: number; changes: string[]; mistakes: DriverMistake[] }
  interface Automation { id: string; title: Title; school: string; lab: string; on: boolean; when: string; words: Title; text: string; form: AutomationForm | null; by: string; at_ms: number; mine: boolean }
  interface AutomationCondition { what: string; node?: string; device?: string; point?: string; type?: "bool" | "number" | "text"; unit?: string; sign?: string; limit?: number | string | null; minutes?: number }
  interface AutomationDeed { scene?: string; lamps?: boolean; node?: string; device?: string; point?: string; value?: Value }
  interface AutomationForm { triggers: AutomationCondition[]; at: string | null; needs: AutomationCondition[]; between: string | null; then: AutomationDeed[]; kept: Record<string, unknown> }
  interface AutomationPart { text: string; words: Title; truth: boolean | null; seen: { input: string; value: Value }[] }
  interface AutomationResult extends PointId { value: Value; state: string; code: string; message: string }
  /** `why` null: it acted. */
  interface AutomationRun { automation: string; at_ms: number; outcome: "done" | "partly" | "held"; why: string | null; parts: AutomationPart[]; results: AutomationResult[] }
  interface Wish extends PointId { value: Value }
  interface Missed extends PointId { state: string; code: string; message: string }
  interface Count { scene: string | null; total: number; confirmed: number; missed: Missed[] }
  interface Outcome extends Count { undo: Wish[] }
  interface Scene { name: string; title: Title; wishes: Wish[] }
  interface Lesson { name: string; school: string; lab: string; teacher: string; before: string | null; started_ms: number; until_ms: number; phase: "running" | "ending"; ending_ms: number | null; ended_by: string | null; last: Count | null; recorded: boolean }
  interface WallAlarm { rule: string; title: Title; device: Title; priority: Priority; acknowledged: boolean; raised_ms: number }
  interface WallFigure { device: Title; point: Point; value: number; time_ms: number; old: boolean }
  /** A projector wall; no person is in it. */
  interface Wall { server_ms: number; lab: Lab; labs: Lab[]; lesson: { started_ms: number; until_ms: number; ending: boolean } | null; stopped_ms: number | null; alarms: WallAlarm[]; alarms_total: number; figures: WallFigure[] }
  /** What the page of the system's condition reads of the hub's status. */
  interface Condition {
    version: string;
    started_ms: number;
    broker: { connected: boolean };
    messages: number;
    refusals: Record<string, number>;
    journal: { queued: number; committed: number; failing: string | null; upkeep: { file_bytes: number; failing: string | null } };
    influx: { waiting: number; quarantined: number; failing: string | null; attention: boolean } | null;
    hanging: string[];
    host_id_taken: boolean;
    websocket_clients: number;
    loop_lag_ms: number;
  }
  interface Staff { name: string; title: string; grants: import("../static/people/api.js").Grant[] }
  interface Derived { point: PointId; formula: string; inputs: PointId[] }
  interface LedgerEntry { school: string; node: string; epoch: string | null; stored: number; gaps: number; pending: number }
  interface Entry { name: string; source: "timetable" | "booking"; date: string; start: string; end: string; start_ms: number; end_ms: number; class_name: string; course: string; who: string; title: string; guest: string; starts: boolean; mine: boolean }
  interface Opening { id: string; school: string; lab: string; date: string; start: string; end: string; schools: string[] }
  interface Week { zone: string; number: number | null; days: { date: string; like: string | null; today: boolean }[]; periods: { start: string; end: string }[]; entries: Entry[]; openings: Opening[]; may_book: boolean; may_manage: boolean }
  interface Taught { date: string; start: string; end: string; course: string; periods: number; lab: string; who: string }
  interface Balance { class_name: string; course: string; wanted: number; taught: number; planned: number; missing: number }
  interface SchoolYear {
    zone: string; terms: { name: string; first: string; last: string }[]; periods: { start: string; end: string }[]; holidays: string[]; make_ups: { day: string; like: string | null }[];
    classes: { name: string; grade: number }[]; courses: { name: string; title: Title; periods: Record<string, number> }[];
  }
  interface ImportSlot { lab: string; day: number | null; date: string | null; start: string; end: string; weeks: string; class_name: string; course: string; who: string; starts: boolean }
  interface ImportDifference { kind: "added" | "changed" | "removed"; now: ImportSlot | null; was: ImportSlot | null }
  interface ImportAnswer { taken: boolean; labs: string[]; changes: { added: number; changed: number; removed: number; kept: number; first: ImportDifference[] }; faults: { row: number; column: string; zh: string; en: string }[]; conflicts: InTheWay[] }
  interface GivenUp { school: string; node: string; from_ms: number; to_ms: number; readings: number }
  interface CalendarLink { id: string; school: string | null; lab: string | null; made_ms: number }
  interface NewCalendarLink { link: CalendarLink; address: string; code: string[] }
  interface Near { now: Entry | null; lesson: { class_name: string; course: string } | null; lately: { class_name: string; course: string }[] }
  interface InTheWay { reason: "lab" | "teacher" | "class" | "opened"; zh: string; en: string; rows: number[] }
  interface Problem { title?: string; detail?: string; status?: number; code?: string }
  type Change =
    | ({ kind: "reading" } & Latest)
    | ({ kind: "device" } & Device)
    | ({ kind: "device_gone" } & DeviceId)
    | ({ kind: "node" } & Node)
    | ({ kind: "command" } & Command)
    | { kind: "leases"; leases: Lease[] }
    | { kind: "lessons"; lessons: Lesson[] }
    | { kind: "stops"; stops: Stop[] }
    | ({ kind: "alarm" } & Alarm);
  interface Snapshot { type: "snapshot"; at: number; labs: Lab[]; nodes: Node[]; devices: Device[]; latest: Latest[]; commands: Command[]; leases: Lease[]; lessons: Lesson[]; stops: Stop[]; alarms: Alarm[] }
  type Message =
    | { type: "hello"; stream: string; at: number; server_ms: number }
    | Snapshot
    | { type: "changes"; at: number; changes: Change[] }
    | { type: "refused"; id: string | null; problem: Problem }
    | { type: "pong"; server_ms: number };
  interface CatalogueDay { day: string; good: number; stale: number; bad: number; no_value: number; expected: number | null; present: number | null; completeness: number | null }
  interface CataloguePoint extends PointId {
    unit: string;
    minimum: Value | null;
    maximum: Value | null;
    first_ms: number | null;
    last_ms: number | null;
    readings: number;
    described: boolean;
    removed: number;
    slot_ms: number | null;
    days: CatalogueDay[];
    gaps: [number, number][];
    gaps_left_out: number;
  }
  interface Catalogue { from_ms: number; to_ms: number; pending: number; points: CataloguePoint[] }
  interface RecordedPoint extends PointId { kind: string; type: string; unit: string; title: Title; device_title: Title }
  interface Mark { time_ms: number; by: string; text: string }
  interface Seal { digest: string; rows: number; sha256: string; at_ms: number; by: string }
  interface Recording {
    id: string;
    school: string;
    lab: string;
    title: string;
    stage: "running" | "stopped" | "sealed";
    by: string;
    started_ms: number;
    stopped_ms: number | null;
    stopped_by: string;
    every_ms: number | null;
    points: RecordedPoint[];
    marks: Mark[];
    samples: number | null;
    seal: Seal | null;
    mine: boolean;
  }
  interface Verdict { holds: boolean; record: boolean; readings: boolean; audit: boolean; rows: number; rows_now: number }
  interface Run { times: number[]; mean: number[]; low: number[]; high: number[] }
  interface ComparedPoint { point: string; unit: string; title: Title; device_title: Title; every_ms: number; one: Run; other: Run }
  interface Comparison { points: ComparedPoint[]; more: number }
  interface Export { id: string; state: "running" | "done" | "ended" | "failed"; done: number; total: number; incomplete_before_ms: number | null; reason: string | null }
  /** Times of which the hub could not be told whether there are readings. */
  interface Missing { from_ms: number; to_ms: number; reason: string }
  interface Readings { unit: string; every: number | null; rows: [number, Value | null][]; next: string | null; missing: Missing[] }
}
