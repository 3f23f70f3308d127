/** Composes the pupils' page: the token out of the address, a session for it, the live link, and the element that shows the bench. */
import { Asked } from "../asked.js";
import { LiveLink } from "../live.js";
import * as preferences from "../preferences.js";
import { signIn } from "../sign-in/attempt.js";
import { whoIsHere } from "../session.js";
import { LINK, Store, TICK, WORDS } from "../store.js";
import { openText } from "../text.js";
import { wordsOf } from "../words.js";
import "./bench.js";

const AGAIN_MS = 3_000; // the hub was out of reach when the code was scanned

const store = new Store();
const asked = new Asked(store, (message) => live.send(message));
const page = /** @type {import("./bench.js").LkPupils} */ (document.querySelector("lk-pupils"));
const live = new LiveLink({ message: receive, up: () => store.setLink("up"), lost: linkLost });

/** @param {wire.Message} message */
function receive(message) {
  switch (message.type) {
    case "hello": case "pong": return store.setClock(message.server_ms);
    case "refused": return asked.refused(message.id, message.problem);
    case "snapshot":
      store.fill(message);
      for (const command of message.commands) asked.heard(command);
      return void asked.catchUp();
    case "changes":
      for (const change of message.changes) {
        store.apply(change);
        if (change.kind === "command") asked.heard(change);
      }
  }
}

async function linkLost() {
  store.setLink("lost");
  if ((await whoIsHere()).standing === "out") end();
}

function end() {
  live.stop();
  page.state = "ended";
}

/** The token leaves the address bar at once: nobody reads it over a shoulder. */
function takeToken() {
  const token = decodeURIComponent(location.pathname.replace(/^\/s\//, ""));
  history.replaceState(null, "", "/s/");
  return token;
}

/** @param {string} token */
async function enter(token) {
  const attempt = token ? await signIn({ floor: token }) : "ok";
  if (attempt === "unreachable" || attempt === "throttled") return void setTimeout(() => enter(token), AGAIN_MS);
  const here = await whoIsHere();
  if (attempt !== "ok" || here.standing === "out") return end();
  if (here.standing === "unreachable") return void setTimeout(() => enter(""), AGAIN_MS);
  [store.person, store.actions] = [here.name, here.actions];
  page.state = "seated";
  live.start();
}

/** @param {preferences.Language} language */
async function speak(language) {
  const [text, words] = await Promise.all([openText(language), wordsOf("pupils", language)]);
  preferences.setLanguage(language);
  page.words = words;
  page.desk = { store, asked, send: (message) => live.send(message), text };
  page.speak = (other) => void speak(other).catch(() => {}); // out of reach: the words we have stay
  store.tell(WORDS);
}

const token = takeToken();
await speak(preferences.language());
setInterval(() => store.tell(TICK), 1_000);
store.watch(LINK, () => document.documentElement.toggleAttribute("data-link-lost", store.link === "lost"));
await enter(token);
