import type { Association } from "../association.ts";
import { versionDtls12 } from "../record/record-header.ts";
import type { Exchange } from "./exchange.ts";
import type { FlightItem } from "./flight.ts";
import { MessageType } from "./message-type.ts";
import type { ClientHello } from "./messages/client-hello.ts";
import { encodeServerHello } from "./messages/server-hello.ts";
import { answeredExtensions, type ServerAgreement } from "./negotiate.ts";
import type { Randoms } from "./session.ts";

/** The ServerHello, with which a full and an abbreviated handshake begin alike. */
export function greeting(
  association: Association,
  exchange: Exchange,
  hello: ClientHello,
  agreement: ServerAgreement,
  { serverRandom }: Randoms,
): FlightItem {
  const body = encodeServerHello({
    version: versionDtls12,
    random: serverRandom,
    sessionId: agreement.sessionId,
    cipherSuite: agreement.suite.id,
    compressionMethod: 0,
    extensions: answeredExtensions(hello, agreement, association),
  });
  return exchange.message(MessageType.serverHello, body);
}
