/** What interlocks each node runs, and how two persons change them: one proposes, another reads and approves. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { icon } from "../icons.js";
import { pageIcon } from "../signs.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";
import { wordsOf } from "../words.js";
import { difference } from "./difference.js";

const ALL = "/api/v1/interlocks";
const REFRESH_MS = 5_000; // the node proves by its hash that it has taken a set over
const LOOK = { cache: /** @type {const} */ ("no-store") };

class LkInterlocks extends DeskElement {
  static properties = { words: { state: true }, nodes: { state: true }, trouble: { state: true }, busy: { state: true } };

  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  constructor() {
    super();
    /** @type {import("../text.js").Text | null} */
    this.words = null;
    /** @type {wire.NodeInterlocks[] | null} */
    this.nodes = null;
    this.trouble = "";
    this.busy = false;
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
    this.#timer = setInterval(() => void this.#look(), REFRESH_MS);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  willUpdate() {
    const { language } = this.desk.text;
    if (this.words?.language !== language) void wordsOf("interlocks", language).then((words) => (this.words = words), () => {});
  }

  render() {
    const { words, nodes } = this;
    if (!words) return nothing;
    return html`
      <section class="interlocks" aria-labelledby="interlocks-title">
        <header><a class="round" href="#/" aria-label=${this.desk.text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="interlocks-title">${words.t("interlocks.title")}</h2></header>
        <p class="quiet">${words.t("interlocks.meaning")}</p>
        <p role="status" class="interlocks-trouble">${this.trouble}</p>
        ${nodes?.length === 0 ? html`<p class="quiet">${words.t("interlocks.none")}</p>` : nothing}
        ${nodes?.map((node) => this.#node(words, node))}
      </section>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.NodeInterlocks} one */
  #node(words, one) {
    const name = `${one.school} · ${one.node}`;
    const wrong = one.differs || one.unapproved !== "no";
    return html`
      <article class="interlocks-node" aria-label=${name}>
        <h3>${name}</h3>
        <p class=${wrong ? "interlocks-differs" : ""}>${icon(wrong ? "warning" : one.running ? "check" : "waiting")}<span>${words.t(standing(one))}</span></p>
        ${one.unapproved !== "no" && !one.proposal ? html`<p class="quiet">${words.t("interlocks.how")}</p>` : nothing}
        ${one.refused ? html`<p class="interlocks-differs">${icon("warning")}<span>${words.t("interlocks.refused", { why: one.refused })}</span></p>` : nothing}
        <dl><dt>${words.t("interlocks.running")}</dt><dd><code>${short(one.running) ?? words.t("interlocks.silent")}</code></dd>
          <dt>${words.t("interlocks.approved")}</dt><dd><code>${short(one.approved) ?? "–"}</code></dd></dl>
        ${one.approved_text ? html`<details><summary>${words.t("interlocks.approved_text")}</summary><pre tabindex="0" aria-label=${words.t("interlocks.approved_text")}>${one.approved_text}</pre></details>` : nothing}
        ${one.proposal ? this.#proposal(words, one, one.proposal) : nothing}
        <details><summary>${words.t("interlocks.propose_new")}</summary>
          <form @submit=${(/** @type {SubmitEvent} */ event) => this.#propose(event, one)}>
            <label>${words.t("interlocks.text")}
              <textarea name="text" rows="12" required spellcheck="false" autocomplete="off" .defaultValue=${one.approved_text ?? ""}></textarea></label>
            <p class="quiet">${words.t("interlocks.gas")}</p>
            <button class="do" ?disabled=${this.busy}>${words.t("interlocks.propose")}</button>
          </form>
        </details>
      </article>`;
  }

  /** @param {import("../text.js").Text} words @param {wire.NodeInterlocks} one @param {wire.InterlockProposal} proposal */
  #proposal(words, one, proposal) {
    const mine = proposal.by === this.desk.store.person;
    const when = this.desk.text.moment(proposal.at_ms);
    return html`
      <div class="interlocks-proposal">
        <h4>${words.t("interlocks.waits")}</h4>
        <p>${words.t("interlocks.by", { person: this.desk.store.who(proposal.by), when })} <code>${short(proposal.hash)}</code></p>
        <p class="quiet">${words.t(one.approved_text ? "interlocks.changes" : proposal.hash === one.running ? "interlocks.changes_nothing" : "interlocks.changes_unknown")}</p>
        <pre tabindex="0" aria-label=${words.t("interlocks.text")}>${one.approved_text ? changes(words, one.approved_text, proposal.text) : proposal.text}</pre>
        ${mine
          ? html`<p class="quiet">${words.t("interlocks.second")}</p>`
          : html`<button class="do" ?disabled=${this.busy} @click=${() => this.#ask("approve", { ...address(one), hash: proposal.hash })}>${words.t("interlocks.approve")}</button>`}
      </div>`;
  }

  /** @param {SubmitEvent} event @param {wire.NodeInterlocks} one */
  async #propose(event, one) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (await this.#ask("propose", { ...address(one), text: String(new FormData(form).get("text")) })) form.reset();
  }

  /** @param {"propose" | "approve"} what @param {object} body @returns {Promise<boolean>} whether the hub took it */
  async #ask(what, body) {
    this.busy = true;
    const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(`${ALL}/${what}`, request).catch(() => null);
    this.busy = false;
    this.trouble = answer?.ok ? "" : await this.#why(answer);
    if (answer?.ok) await this.#look();
    return Boolean(answer?.ok);
  }

  /** @param {Response | null} answer */
  async #why(answer) {
    const said = await answer?.json().catch(() => ({}));
    const code = said?.code ?? "unreachable";
    const words = this.words?.word("interlocksrefused", code) ?? this.words?.t("interlocks.failed") ?? "";
    return code === "bad_set" ? `${words} ${said.detail}` : words; // the detail names the place of the mistake
  }

  async #look() {
    const answer = await fetch(ALL, LOOK).catch(() => null);
    if (answer?.ok) this.nodes = (await answer.json()).nodes;
    else this.trouble = this.words?.word("interlocksrefused", answer?.status === 403 ? "forbidden" : "unreachable") ?? "";
  }
}

/** @param {wire.NodeInterlocks} one */
const standing = ({ differs, unapproved, approved, running }) => {
  if (differs) return "interlocks.differs";
  if (unapproved === "changed") return "interlocks.changed";
  if (running === null) return "interlocks.unheard";
  if (approved) return "interlocks.agreed";
  return running ? "interlocks.own" : "interlocks.no_rules";
};

/** Both texts in one: what goes and what comes is marked by a sign and a word, not by colour alone. @param {import("../text.js").Text} words @param {string} before @param {string} after */
const changes = (words, before, after) => difference(before, after).map(({ kind, line }) => {
  if (kind === "kept") return html`<span>  ${line}
</span>`;
  return kind === "gone"
    ? html`<del><span class="unseen">${words.t("interlocks.gone")} </span>- ${line}
</del>`
    : html`<ins><span class="unseen">${words.t("interlocks.new")} </span>+ ${line}
</ins>`;
});

/** @param {wire.NodeInterlocks} one */
const address = ({ school, node }) => ({ school, node });

/** The first digits of a hash, as people compare it. @param {string | null} hash */
const short = (hash) => hash?.slice(0, 12) ?? null;

await styled("interlocks/interlocks");
customElements.define("lk-interlocks", LkInterlocks);
