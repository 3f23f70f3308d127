/** Composes the page: the store, the link, what was asked, and the element that shows them. */
import { Asked } from "./asked.js";
import * as early from "./early.js";
import { Health } from "./health.js";
import { LiveLink } from "./live.js";
import * as preferences from "./preferences.js";
import { signOut, takeInvitation, takeLinkToken, whoIsHere } from "./session.js";
import { LINK, Store, TICK, WORDS } from "./store.js";
import { openText } from "./text.js";
import "./app.js";

const store = new Store();
const asked = new Asked(store, (message) => live.send(message));
const app = /** @type {import("./app.js").LkApp} */ (document.querySelector("lk-app"));
const health = new Health(store);
const live = new LiveLink({ message: receive, up: linked, lost: linkLost });

function linked() {
  store.setLink("up");
  void health.ask();
}

/** @param {wire.Message} message */
function receive(message) {
  switch (message.type) {
    case "hello": case "pong": return store.setClock(message.server_ms);
    case "refused": return asked.refused(message.id, message.problem);
    case "snapshot":
      store.fill(message);
      for (const command of message.commands) asked.heard(command);
      return void asked.catchUp();
    case "changes": return message.changes.forEach(apply);
  }
}

/** @param {wire.Change} change */
function apply(change) {
  store.apply(change);
  if (change.kind === "command") asked.heard(change);
  if (change.kind === "device" && !store.labs.some((lab) => lab.lab === change.lab)) void readLabs();
}

async function readLabs() {
  const answer = await fetch("/api/v1/labs").catch(() => null);
  if (answer?.ok) store.setLabs((await answer.json()).labs);
}

async function linkLost() {
  store.setLink("lost");
  if ((await standing()) === "out") showSignIn("ended");
}

/** @param {import("./sign-in/sign-in.js").Reason | null} reason */
function showSignIn(reason) {
  live.stop();
  health.stop();
  app.showSignIn(reason);
}

function showDesk() {
  app.showDesk();
  live.start();
  health.start();
}

/** @param {Promise<Response | null>} [asked] */
async function standing(asked) {
  const here = await whoIsHere(asked);
  if (here.name) [store.person, store.actions] = [here.name, here.actions];
  if (here.standing === "in" && !here.actions.includes("read_places") && !location.hash) location.hash = "#/people"; // all that is open without a second factor that is required
  return here.standing;
}

/** @param {import("./session.js").Proof} proof */
async function enter(proof) {
  const attempt = await import("./sign-in/attempt.js").then(({ signIn }) => signIn(proof), () => /** @type {const} */ ("unreachable"));
  if (attempt === "ok") {
    app.invitation = null;
    await standing();
    return showDesk();
  }
  const used = attempt === "refused" && ("link" in proof ? "link_refused" : "invitation" in proof ? "invitation_refused" : null);
  if (used === "invitation_refused") app.invitation = null;
  showSignIn(used || attempt);
}

async function leave() {
  await signOut();
  store.titles.clear();
  showSignIn(null);
}

/** @param {preferences.Language} language */
async function speak(language) {
  const text = await openText(language).catch(() => null);
  if (!text) return; // the hub is out of reach; the words we have stay
  preferences.setLanguage(language);
  app.desk = { ...app.desk, text };
  store.tell(WORDS);
}

/** A sign-in link opened where the page already is changes no more than the address. */
async function enterByLink() {
  const token = takeLinkToken();
  if (token !== null) return enter({ link: token });
  const invitation = takeInvitation();
  if (invitation !== null) welcome(invitation);
}

/** @param {string} invitation */
function welcome(invitation) {
  app.invitation = invitation;
  showSignIn(null);
}

async function start() {
  const token = takeLinkToken();
  const invitation = takeInvitation();
  const text = await openText(preferences.language(), early.words);
  app.desk = { store, asked, send: (message) => live.send(message), text };
  app.deeds = { enter, leave, speak };
  if (token !== null) return enter({ link: token });
  if (invitation !== null) return welcome(invitation);
  return (await standing(early.session ?? undefined)) === "out" ? showSignIn(null) : showDesk();
}

addEventListener("hashchange", enterByLink);
setInterval(() => store.tell(TICK), 1_000);
store.watch(LINK, () => document.documentElement.toggleAttribute("data-link-lost", store.link === "lost"));
await start();
