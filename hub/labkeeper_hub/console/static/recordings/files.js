/** What a recording can be taken away as. */
import { html, nothing } from "../vendor/lit.js";
import { DeskElement } from "../element.js";
import { pageIcon } from "../signs.js";
import * as api from "./api.js";
import { sayer } from "./words.js";

class LkRecordingFiles extends DeskElement {
  static properties = { recording: { attribute: false }, pdf: { state: true } };

  constructor() {
    super();
    this.recording = /** @type {wire.Recording} */ (/** @type {unknown} */ (undefined));
    this.pdf = false;
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
    const file = (/** @type {string} */ word, /** @type {string} */ address) =>
      html`<a class="segment" download href=${address} aria-label=${say("record.save", { what: word, of })}>${pageIcon("download")}${word}</a>`;
    return html`
      ${file("CSV", api.readingsFile(id, "csv"))} ${file("Parquet", api.readingsFile(id, "parquet"))}
      <a class="segment" target="_blank" rel="noopener" href=${api.reportOf(id, text)} aria-label=${say("record.report_of", { of })}>${say("record.report")}</a>
      ${this.pdf ? file("PDF", api.reportOf(id, text, ".pdf")) : nothing}
      ${stage === "sealed" ? file(say("record.record"), api.recordFile(id)) : nothing}`;
  }
}

customElements.define("lk-recording-files", LkRecordingFiles);
