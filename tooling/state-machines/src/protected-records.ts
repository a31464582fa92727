import { ContentType, MessageType, message } from "./messages.ts";
import type { Plain, Session, Side } from "./session.ts";

/** A Finished as it belongs here, with a wrong body, or in the place of the message before it. */
interface FinishedPlan {
  readonly sequence: number;
  readonly transcript: readonly Uint8Array[];
  readonly earlyTranscript: readonly Uint8Array[];
}

const text = new TextEncoder();

/** Records under the keys, as the tester's side seals them; each has a number of its own. */
export class ProtectedRecords {
  #sequence = 0;

  restart(): void {
    this.#sequence = 0;
  }

  seal(
    session: Session,
    side: Side,
    symbol: string,
    cid: Uint8Array,
    plan: FinishedPlan,
  ): Uint8Array | undefined {
    const plain = content(session, side, symbol, plan);
    if (plain === undefined) return undefined;
    this.#sequence += 1;
    let used = cid;
    if (symbol === "other-cid") used = cid.map((byte) => byte ^ 0xff);
    if (symbol === "no-cid") used = new Uint8Array(0);
    return session.seal(side, plain, this.#sequence - 1, used);
  }
}

function content(
  session: Session,
  side: Side,
  symbol: string,
  { sequence, transcript, earlyTranscript }: FinishedPlan,
): Plain | undefined {
  const finished = (number: number, body: Uint8Array): Plain => ({
    type: ContentType.handshake,
    content: message(MessageType.finished, number, body),
  });
  switch (symbol) {
    case "finished":
      return finished(sequence, session.finished(side, transcript));
    case "finished-wrong":
      return finished(sequence, new Uint8Array(12));
    case "finished-early":
      return finished(sequence - 1, session.finished(side, earlyTranscript));
    case "data-1":
    case "other-cid":
    case "no-cid":
      return { type: ContentType.data, content: text.encode("data") };
    case "close-1":
      return { type: ContentType.alert, content: Uint8Array.of(1, 0) };
    case "fatal-1":
      return { type: ContentType.alert, content: Uint8Array.of(2, 80) };
    case "hello-1": {
      const type = side === "client" ? MessageType.clientHello : MessageType.helloRequest;
      const empty = new Uint8Array(0);
      return { type: ContentType.handshake, content: message(type, sequence + 1, empty) };
    }
    default:
      return undefined;
  }
}

/** What needs no keys and is the same in both roles. */
export function plainContent(symbol: string): Plain | undefined {
  switch (symbol) {
    case "ccs":
      return { type: ContentType.changeCipherSpec, content: Uint8Array.of(1) };
    case "data-0":
      return { type: ContentType.data, content: text.encode("data") };
    case "close-0":
      return { type: ContentType.alert, content: Uint8Array.of(1, 0) };
    case "fatal-0":
      return { type: ContentType.alert, content: Uint8Array.of(2, 80) };
    default:
      return undefined;
  }
}
