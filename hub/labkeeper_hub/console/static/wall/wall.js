/** Composes the projector wall: the token out of the address, a question every second, and the element that shows the answer. */
import * as preferences from "../preferences.js";
import { openText } from "../text.js";
import { wordsOf } from "../words.js";
import "./board.js";

const EVERY_MS = 1_000;
const AGAIN_MS = 3_000;
const PATIENCE_MS = 2_500;
const KEPT = "labkeeper.wall"; // for this tab alone: nothing stays behind on a teacher's computer

const board = /** @type {import("./board.js").LkWall} */ (document.querySelector("lk-wall"));
let token = takeToken();

/** It leaves the address bar at once: nobody copies it from the screen. A kiosk has it in the address it starts with. */
function takeToken() {
  const given = /^#link=(.+)$/.exec(location.hash)?.[1];
  if (given) {
    history.replaceState(null, "", "/wall");
    sessionStorage.setItem(KEPT, decodeURIComponent(given));
  }
  return sessionStorage.getItem(KEPT);
}

/** `#/<school>/<lab>`: which of the labs that an account sees. */
function question() {
  const [, school, lab] = location.hash.split("/").map(decodeURIComponent);
  return school && lab !== undefined ? `?${new URLSearchParams({ school, lab })}` : "";
}

async function ask() {
  const headers = token ? { Authorization: `Wall ${token}` } : undefined;
  const answer = await fetch(`/api/v1/wall${question()}`, { headers, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.ok) board.heard(await answer.json());
  else if (answer.status === 401) board.refused(token ? "ended" : "sign_in");
  else if (answer.status === 403 || answer.status === 404) board.refused("unknown");
}

/** A link that was taken back is asked for no more. */
async function watch() {
  await ask().catch(() => {}); // what is out of reach shows by its age
  if (board.state === "ended") return sessionStorage.removeItem(KEPT);
  setTimeout(watch, board.state === "shown" ? EVERY_MS : AGAIN_MS);
}

/** @param {preferences.Language} language */
async function speak(language) {
  const [text, words] = await Promise.all([openText(language), wordsOf("wall", language)]);
  preferences.setLanguage(language);
  [board.text, board.words] = [text, words];
  board.speak = (other) => void speak(other).catch(() => {}); // out of reach: the words we have stay
}

/** Another link, or another lab, in the same tab. */
function go() {
  const ended = board.state === "ended";
  token = takeToken();
  board.restart();
  void (ended ? watch() : ask().catch(() => {}));
}

await speak(preferences.language());
addEventListener("hashchange", go);
setInterval(() => board.requestUpdate(), EVERY_MS);
await watch();
