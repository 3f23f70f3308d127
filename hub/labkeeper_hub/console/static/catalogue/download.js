/** A file that the hub makes while the browser saves it: started like any link, and asked about meanwhile. */

const ASK_EVERY_MS = 500;

/** @param {"csv" | "parquet"} format @param {number} from_ms @param {number} to_ms @param {string[]} points none: all @param {string} id */
export function exportAddress(format, from_ms, to_ms, points, id) {
  const query = new URLSearchParams({ format, from: String(Math.round(from_ms)), to: String(Math.round(to_ms)), id });
  for (const point of points) query.append("point", point);
  return `/api/v1/export?${query}`;
}

/** What `crypto.randomUUID` gives, which a page without HTTPS does not have. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export class Download {
  #tell;
  #forgotten = false;

  /** @param {() => void} tell called when something changed */
  constructor(tell) {
    this.#tell = tell;
    this.id = uuid();
    /** @type {"running" | "done" | "ended" | "failed"} */
    this.state = "running";
    this.done = 0;
    this.total = 0;
    /** Readings from before this time may be missing, because of `reason`. @type {number | null} */
    this.incomplete_before_ms = null;
    /** @type {string | null} */
    this.reason = null;
  }

  /** The browser saves; nothing of the file passes through the page's memory. @param {string} address */
  start(address) {
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
    void this.#follow();
  }

  /** Nobody looks any more; the browser goes on saving. */
  forget() {
    this.#forgotten = true;
  }

  async #follow() {
    for (let unheard = 0; !this.#forgotten && this.state === "running" && unheard < 40; unheard += 1) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      const answer = await fetch(`/api/v1/exports/${this.id}`).catch(() => null);
      if (answer?.ok) {
        const { state, done, total, incomplete_before_ms, reason } = /** @type {wire.Export} */ (await answer.json());
        Object.assign(this, { state, done, total, incomplete_before_ms, reason });
        unheard = 0;
        this.#tell();
      }
    }
    if (this.state === "running" && !this.#forgotten) {
      this.state = "failed";
      this.#tell();
    }
  }
}
