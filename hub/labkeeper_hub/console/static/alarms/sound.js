/** A sound for new alarms, with a switch of its own; browsers let it sound once somebody has touched the page. */

const KEY = "labkeeper.alarm-sound";
/** Hertz of the two notes, by priority. @type {Record<wire.Priority, [number, number]>} */
const NOTES = { low: [440, 440], medium: [587, 494], high: [880, 659] };
const NOTE_S = 0.18;

/** @type {AudioContext | null} */
let audio = null;

export function isOn() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
export function turn(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    // storage may be forbidden; then it stays silent
  }
  if (on) ring("low");
}

/** @param {wire.Priority} priority */
export function ring(priority) {
  if (!isOn()) return;
  audio ??= new AudioContext();
  void audio.resume();
  NOTES[priority].forEach((hertz, at) => note(/** @type {AudioContext} */ (audio), hertz, at * NOTE_S * 1.4));
}

/** @param {AudioContext} context @param {number} hertz @param {number} after_s */
function note(context, hertz, after_s) {
  const [wave, gain] = [context.createOscillator(), context.createGain()];
  const begin_s = context.currentTime + after_s;
  wave.frequency.value = hertz;
  gain.gain.setValueAtTime(0.25, begin_s);
  gain.gain.exponentialRampToValueAtTime(0.001, begin_s + NOTE_S);
  wave.connect(gain).connect(context.destination);
  wave.start(begin_s);
  wave.stop(begin_s + NOTE_S);
}
