import { nothing, type System } from "./system.ts";

const closed = "(closed)";

interface Handshake {
  readonly key: "missing" | "agreed" | "refused";
  readonly hasChangeCipherSpec: boolean;
  /** The latest record of epoch 1 that came too early. */
  readonly early: string | undefined;
}

/**
 * What a server of RFC 6347 with PSK and CID does, without bytes and keys. Where the RFCs leave a choice, the comment
 * names the choice.
 */
export class ServerSpecification implements System {
  #hasCookie = false;
  #handshake: Handshake | undefined;
  #connection: { readonly isConfirmed: boolean } | undefined;

  step(symbol: string): string {
    switch (symbol) {
      // RFC 6347 section 4.2.1: answered without state, whatever else goes on with this address.
      case "hello":
        this.#hasCookie = true;
        return "HelloVerifyRequest";
      // The cookie of one hello proves nothing for another.
      case "hello-other":
        return "HelloVerifyRequest";
      case "hello-cookie":
        return this.#helloWithCookie();
      case "key-exchange":
      case "key-exchange-unknown":
        return this.#keyExchange(symbol === "key-exchange" ? "agreed" : "refused");
      case "ccs":
        if (this.#handshake === undefined) return nothing;
        this.#handshake = { ...this.#handshake, hasChangeCipherSpec: true };
        return this.#early();
      // RFC 6347 section 4.1: epoch 0 has no application data; RFC 6347 section 4.1.2.7: whoever forges an alert in the
      // clear ends nothing. Messages that a client does not send are dropped likewise.
      case "data-0":
      case "close-0":
      case "fatal-0":
      case "hello-request-0":
      case "server-hello":
      // RFC 9146 section 3: records without the CID that was agreed on, or with another one, are dropped.
      case "other-cid":
      case "no-cid":
        return nothing;
      default:
        return this.#protected(symbol);
    }
  }

  #helloWithCookie(): string {
    if (!this.#hasCookie) {
      this.#hasCookie = true;
      return "HelloVerifyRequest";
    }
    // Choice: the hello of an established association is a repetition, and dropped.
    if (this.#connection !== undefined) return nothing;
    // RFC 6347 section 4.2.4: a repeated flight is answered by repeating the next one.
    this.#handshake ??= { key: "missing", hasChangeCipherSpec: false, early: undefined };
    return "ServerHello, ServerHelloDone";
  }

  #keyExchange(key: "agreed" | "refused"): string {
    if (this.#handshake?.key !== "missing") return nothing;
    // RFC 4279 section 2: an unknown identity may be treated as a wrong key. Choice: silence for both.
    this.#handshake = { ...this.#handshake, key };
    return this.#early();
  }

  #protected(symbol: string): string {
    if (this.#handshake !== undefined) {
      const { key, hasChangeCipherSpec } = this.#handshake;
      if (key === "agreed" && hasChangeCipherSpec) return this.#beforeFinished(symbol);
      // RFC 6347 section 4.1: records of the next epoch may be kept. Choice: the latest one is.
      this.#handshake = { ...this.#handshake, early: symbol };
      return nothing;
    }
    if (this.#connection === undefined) return nothing;
    return this.#connected(symbol, this.#connection);
  }

  #early(): string {
    const { key, hasChangeCipherSpec, early } = this.#handshake ?? {};
    if (early === undefined || key !== "agreed" || !hasChangeCipherSpec) return nothing;
    return this.#beforeFinished(early);
  }

  /** Keys and ChangeCipherSpec are here, the client's Finished is not. */
  #beforeFinished(symbol: string): string {
    switch (symbol) {
      case "finished":
        this.#handshake = undefined;
        this.#connection = { isConfirmed: false };
        return "ChangeCipherSpec, Finished*, (connected)";
      // RFC 5246 section 7.4.9 and 7.2.2: decrypt_error.
      case "finished-wrong":
        this.#handshake = undefined;
        return `alert 51, ${closed}`;
      // RFC 5246 section 7.2.1: answered by a close_notify, in the clear as the server's keys are not in use yet.
      case "close-1":
        this.#handshake = undefined;
        return `alert 0, ${closed}`;
      case "fatal-1":
        this.#handshake = undefined;
        return closed;
      // No data before Finished. A Finished in the place of the key exchange has an old number.
      default:
        return nothing;
    }
  }

  #connected(symbol: string, { isConfirmed }: { readonly isConfirmed: boolean }): string {
    switch (symbol) {
      case "data-1":
        this.#connection = { isConfirmed: true };
        return "(data)";
      // RFC 6347 section 4.2.4: the last flight is repeated for a client that repeats its own, until it sends data.
      case "finished":
      case "finished-wrong":
      case "finished-early":
        return isConfirmed ? nothing : "ChangeCipherSpec, Finished*";
      case "close-1":
        this.#connection = undefined;
        return `alert 0*, ${closed}`;
      case "fatal-1":
        this.#connection = undefined;
        return closed;
      // RFC 5246 section 7.2.2: no_renegotiation, a warning.
      case "hello-1":
        return "alert 100*";
      default:
        return nothing;
    }
  }
}
