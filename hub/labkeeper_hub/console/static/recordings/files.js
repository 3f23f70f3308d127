/** What a recording can be taken away as. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import * as api from "./api.js";
import { sayer } from "./words.js";

class LkRecordingFiles extends DeskElement {
  static properties = { recording: { attribute: false }, pdf: { state: true }, saving: { state: true } };

  constructor() {
    super();
    this.recording = /** @type {wire.Recording} */ (/** @type {unknown} */ (undefined));
    this.pdf = false;
    /** What was asked for last. */
    this.saving = "";
  }

  async connectedCallback() {
    super.connectedCallback();
    this.pdf = await api.makesPdfs();
  }

  render() {
    const { text } = this.desk;
    const { id, stage, title } = this.recording;
    const say = sayer(text);
    const of = title || say("record.untitled");
    const from = location.hash.startsWith("#/recordings") ? "recordings" : "lab";
    const file = (/** @type {string} */ word, /** @type {string} */ address) =>
      html`<a class="segment" download href=${address} @click=${() => { this.saving = word; }} aria-label=${say("record.save", { what: word, of })}>${pageIcon("download")}${word}</a>`;
    return html`
      ${file("CSV", api.readingsFile(id, "csv"))} ${file("Parquet", api.readingsFile(id, "parquet"))}
      <a class="segment" href=${api.reportPage({ recording: id, from })} aria-label=${say("record.report_of", { of })}>${say("record.report")}</a>
      ${this.pdf ? file("PDF", api.reportOf(id, text, ".pdf")) : nothing}
      ${stage === "sealed" ? file(say("record.record"), api.recordFile(id)) : nothing}
      <span class="quiet small" role="status">${this.saving === "PDF" ? say("report.saving") : this.saving ? say("record.saving", { what: this.saving }) : nothing}</span>`;
  }
}

customElements.define("lk-recording-files", LkRecordingFiles);
