/** How high a card will be, near enough to keep its place until it is drawn. The numbers are those of tiles.css. */

const FRAME_PX = 70; // padding, border and header, less the gap that the last tile has not
const SHOWN_PX = 96;
const SHOWN_IN_A_ROW = 2;
const MOST_BUTTONS = 4;
const PLAIN_PX = 76;
const TWO_ROWS_PX = 134;
const LINE_PX = 48;

/** @param {wire.Point[]} points each with a tile @param {boolean} line whether there is one of those without a value */
export function heightOf(points, line) {
  const controls = points.filter((point) => point.writable);
  const rows = Math.ceil((points.length - controls.length) / SHOWN_IN_A_ROW);
  return FRAME_PX + (line ? LINE_PX : 0) + SHOWN_PX * rows + controls.reduce((sum, point) => sum + (hasTwoRows(point) ? TWO_ROWS_PX : PLAIN_PX), 0);
}

/** @param {wire.Point} point */
function hasTwoRows({ kind, options }) {
  const many = options?.length ?? 0;
  return kind === "setpoint" ? many <= MOST_BUTTONS : kind === "action" && many > 1;
}
