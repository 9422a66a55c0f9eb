// The host's side of the module: the same in a page and in node.

/** An instance of the module. It fails for good where it fails at all. */
export class Instance {
  #exports;

  /** Starts a compiled module; it needs nothing of its host. */
  constructor(module) {
    this.#exports = new WebAssembly.Instance(module, {}).exports;
  }

  /** Calls a function with a text, or bytes; what it leaves is a text. */
  call(name, input = "") {
    const bytes =
      typeof input === "string" ? new TextEncoder().encode(input) : input;
    try {
      const at = this.#exports.whichproxy_input(bytes.length);
      // The memory is another one after it has grown.
      new Uint8Array(this.#exports.memory.buffer).set(bytes, at);
      this.#exports[name]();
      return this.#output();
    } catch (error) {
      throw new Failure(error, this.#reason());
    }
  }

  /** The bytes of its memory. */
  get size() {
    return this.#exports.memory.buffer.byteLength;
  }

  /**
   * The proxies for a URL: `{routes, strategy, alerts}`.
   *
   * `answer` is asked what the script asks of the machine: for `dns NAME v4`
   * or `my-ip v4` (or `v6`, `any`) it gives a list of addresses, for `time`
   * a time as `2026-11-22T09:30:00+01:00`; it may be asynchronous.
   */
  async findProxy(pac, url, answer) {
    const answers = {};
    for (;;) {
      const question = JSON.stringify({ pac, url, answers });
      const told = JSON.parse(this.call("whichproxy_find_proxy", question));
      if (told.error) {
        throw Object.assign(new Error(told.error.message), told.error);
      }
      if (told.found) {
        return told.found;
      }
      answers[told.ask] = await answer(told.ask);
    }
  }

  #output() {
    const at = this.#exports.whichproxy_output();
    const length = this.#exports.whichproxy_output_length();
    const bytes = new Uint8Array(this.#exports.memory.buffer, at, length);
    return new TextDecoder().decode(bytes);
  }

  #reason() {
    try {
      this.#exports.whichproxy_failure();
      return this.#output();
    } catch {
      return "";
    }
  }
}

/** The end of an instance: by a panic, no memory, or no stack. */
export class Failure extends Error {
  constructor(error, reason) {
    super(reason ? `${error.message}: ${reason}` : error.message);
    this.name = "Failure";
  }
}
