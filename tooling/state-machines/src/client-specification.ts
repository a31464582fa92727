import { nothing, type System } from "./system.ts";

const closed = "(closed)";
const MAX_HELLO_VERIFY_REQUESTS = 4;

type Phase = "expect-server-hello" | "expect-done" | "expect-finished" | "connected" | "over";

/** What a client of RFC 6347 with PSK and CID does after its first ClientHello, without bytes and keys. */
export class ClientSpecification implements System {
  #phase: Phase = "expect-server-hello";
  /** HelloVerifyRequests that were answered; also the number of the next ServerHello. */
  #verified = 0;
  /** The number of the message that is taken next (RFC 6347 section 4.2.2). */
  #expected = 0;
  /** Messages ahead of that, by number. Choice: a later whole message takes the place of an earlier one. */
  readonly #ahead = new Map<number, string>();
  #hasChangeCipherSpec = false;
  /** The latest record of epoch 1 that came too early, with its number if it is a Finished. */
  #early: { readonly symbol: string; readonly number: number } | undefined;

  step(symbol: string): string {
    switch (symbol) {
      case "hello-verify":
      case "server-hello":
        return this.#flight(symbol, this.#verified);
      case "certificate":
      case "done":
        return this.#flight(symbol, this.#verified + 1);
      case "ccs":
        // It says that the server's Finished follows, which cannot be before the client's own.
        if (this.#phase !== "expect-finished") return nothing;
        this.#hasChangeCipherSpec = true;
        return this.#openEarly();
      // RFC 6347 section 4.1.2.7, RFC 5246 section 7.4.1.1 (HelloRequest is ignored), RFC 9146 section 3.
      case "data-0":
      case "close-0":
      case "fatal-0":
      case "hello-request-0":
      case "client-hello":
      case "other-cid":
      case "no-cid":
        return nothing;
      default:
        return this.#protected(symbol);
    }
  }

  #flight(symbol: string, number: number): string {
    if (number < this.#expected) return nothing;
    // Choice: what cannot belong to the flight that is awaited is dropped, because anybody may have sent it.
    const isPossible =
      this.#phase === "expect-server-hello"
        ? (number === this.#expected) === (symbol === "hello-verify" || symbol === "server-hello")
        : this.#phase === "expect-done" && symbol !== "hello-verify" && symbol !== "server-hello";
    if (!isPossible) return nothing;
    this.#ahead.set(number, symbol);
    const outputs: string[] = [];
    for (;;) {
      const next = this.#ahead.get(this.#expected);
      if (next === undefined) break;
      this.#ahead.delete(this.#expected);
      this.#expected += 1;
      outputs.push(...this.#take(next));
    }
    return outputs.length === 0 ? nothing : outputs.join(", ");
  }

  /** Messages in order. */
  #take(symbol: string): string[] {
    if (this.#phase === "expect-server-hello" && symbol === "hello-verify") {
      if (this.#verified === MAX_HELLO_VERIFY_REQUESTS) return this.#fail(40);
      this.#verified += 1;
      return ["ClientHello"];
    }
    if (this.#phase === "expect-server-hello" && symbol === "server-hello") {
      this.#phase = "expect-done";
      return [];
    }
    if (this.#phase === "expect-done" && symbol === "done") {
      this.#phase = "expect-finished";
      return ["ClientKeyExchange", "ChangeCipherSpec", "Finished*"];
    }
    // RFC 5246 section 7.2.2: unexpected_message. A PSK suite has no certificates.
    return this.#phase === "over" ? [] : this.#fail(10);
  }

  #fail(description: number, mark = ""): string[] {
    this.#phase = "over";
    this.#ahead.clear();
    return [`alert ${description}${mark}`, closed];
  }

  #protected(symbol: string): string {
    const number = this.#verified + (symbol === "finished-early" ? 1 : 2);
    if (this.#phase === "over") return nothing;
    if (this.#phase === "connected") return this.#connected(symbol);
    if (this.#phase === "expect-finished" && this.#hasChangeCipherSpec) {
      return this.#beforeFinished(symbol, number);
    }
    this.#early = { symbol, number };
    return nothing;
  }

  #openEarly(): string {
    const early = this.#early;
    this.#early = undefined;
    return early === undefined ? nothing : this.#beforeFinished(early.symbol, early.number);
  }

  #beforeFinished(symbol: string, number: number): string {
    switch (symbol) {
      case "finished":
        if (number !== this.#expected) return nothing;
        this.#phase = "connected";
        return "(connected)";
      case "finished-wrong":
        return number === this.#expected ? this.#fail(51, "*").join(", ") : nothing;
      case "close-1":
        return this.#fail(0, "*").join(", ");
      case "fatal-1":
        this.#phase = "over";
        return closed;
      default:
        return nothing;
    }
  }

  #connected(symbol: string): string {
    switch (symbol) {
      case "data-1":
        return "(data)";
      case "close-1":
        return this.#fail(0, "*").join(", ");
      case "fatal-1":
        this.#phase = "over";
        return closed;
      case "hello-1":
        return "alert 100*";
      default:
        return nothing;
    }
  }
}
