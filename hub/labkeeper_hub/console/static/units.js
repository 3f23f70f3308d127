/** UCUM units as people write them. */

/** @type {Record<string, string>} */
const signs = {
  Cel: "°C", "Cel/min": "°C/min", "[degF]": "°F", deg: "°", "deg/s": "°/s", "dB{mW}": "dBm", "[ppm]": "ppm", "[ppb]": "ppb", "[pH]": "pH", "dB[SPL]": "dB", "dB(A)": "dB(A)",
  "m/s2": "m/s²", "kW.h": "kWh", "W.h": "Wh", "V.A": "VA", Ohm: "Ω", "[lb_av]": "lb", "%{RH}": "%", "1": "",
  "{count}": "", "{lqi}": "", "kg/kg": "", "MK-1": "mired",
};

/** @param {string | null | undefined} unit UCUM @returns {string} */
export function sign(unit) {
  if (!unit) return "";
  const known = signs[unit];
  if (known !== undefined) return known;
  return unit
    .replace(/[{}[\]]/g, "")
    .replace(/(^|[./])u(?=[a-zA-Z])/g, "$1µ")
    .replace(/([a-z])2\b/g, "$1²")
    .replace(/([a-z])3\b/g, "$1³")
    .replaceAll(".", "·");
}

/** Decimals that say what a sensor knows without flicker. @param {wire.Point} point @param {number} value @returns {number} */
export function decimals(point, value) {
  if (point.type === "int") return 0;
  if (point.step) return Math.min(4, Math.max(0, Math.ceil(-Math.log10(point.step) - 1e-9)));
  if (point.unit === "Cel" || point.unit === "%") return 1;
  const size = Math.max(Math.abs(value), Math.abs(point.minimum ?? 0), Math.abs(point.maximum ?? 0));
  return size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
}
