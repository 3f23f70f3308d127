/** A report within the page: seen at once on any screen, with STOP in its place, a way back, paper and PDF. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import { makesPdfs, reportOf, roomReport } from "../recordings/api.js";
import { sayer } from "../recordings/words.js";
import { WORDS } from "../store.js";
import { styled } from "../styled.js";

class LkReport extends DeskElement {
  static properties = { hash: { state: true }, pdf: { state: true }, standing: { state: true } };

  #hear = () => { this.hash = location.hash; };
  /** The report is as high as what it says: one page to scroll, not a window within a window. */
  #grown = new ResizeObserver(([entry]) => { this.#frame.style.height = `${Math.ceil(entry.borderBoxSize[0].blockSize)}px`; });

  constructor() {
    super();
    this.hash = location.hash;
    this.pdf = false;
    /** @type {"drawing" | "here" | "failed" | "saving"} */
    this.standing = "drawing";
  }

  watched() {
    return [WORDS];
  }

  connectedCallback() {
    super.connectedCallback();
    this.#hear();
    addEventListener("hashchange", this.#hear);
    void makesPdfs().then((pdf) => { this.pdf = pdf; });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.#hear);
    this.#grown.disconnect();
  }

  get #frame() {
    return /** @type {HTMLIFrameElement} */ (this.querySelector("iframe"));
  }

  get #asked() {
    return new URLSearchParams(this.hash.split("?")[1]);
  }

  /** Where the report is to be had. @param {import("../recordings/api.js").Form} [form] */
  #address(form) {
    const { text } = this.desk;
    const { recording = "", school = "", lab = "", day = "", span = "" } = Object.fromEntries(this.#asked);
    return recording ? reportOf(recording, text, form) : roomReport({ school, lab }, day, span === "week" ? "week" : "day", text, form);
  }

  render() {
    const { text } = this.desk;
    const say = sayer(text);
    const words = { drawing: say("report.drawing"), here: "", failed: say("report.failed"), saving: say("report.saving") };
    return html`
      <section class="report card" aria-labelledby="report-title">
        <header>
          <a class="round" href=${this.#asked.get("from") === "lab" ? "#/" : "#/recordings"} aria-label=${text.t("chart.back")}>${pageIcon("back")}</a>
          <h2 id="report-title">${say("record.report")}</h2>
          ${this.pdf ? html`<a class="do" download href=${this.#address(".pdf")} @click=${() => { this.standing = "saving"; }}>${pageIcon("download")}PDF</a>` : nothing}
          <button class="do" ?disabled=${this.standing === "drawing" || this.standing === "failed"} @click=${() => this.#frame.contentWindow?.print()}>${say("report.print")}</button>
        </header>
        <p class="quiet" role="status">${words[this.standing]}</p>
        <iframe title=${say("record.report")} sandbox="allow-same-origin allow-modals" src=${this.#address()} ?hidden=${this.standing === "failed"} @load=${this.#came}></iframe>
      </section>`;
  }

  /** What came, or in its place a refusal, which is no page. */
  #came() {
    const came = this.#frame.contentDocument;
    this.#grown.disconnect();
    this.standing = came?.contentType === "text/html" && came.body.childElementCount ? "here" : "failed";
    if (came && this.standing === "here") this.#grown.observe(came.body, { box: "border-box" });
  }
}

await styled("report/report");
customElements.define("lk-report", LkReport);
