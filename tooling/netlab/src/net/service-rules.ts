import { COAPS_PORT, SERVICE_ADDRESS } from "./addresses.ts";

/** A process behind the service address. */
export interface ServiceEndpoint {
  /** Its number within the lab, from 1 on. */
  readonly index: number;
  readonly address: string;
}

const service = `-d ${SERVICE_ADDRESS}/32 -p udp -m udp --dport ${COAPS_PORT}`;
const masqueradeMark = "0x4000/0x4000";

/** What kube-proxy's iptables mode sets up once: service, masquerading of marked connections. */
export const connectionRulesBase: string = `*nat
:SVC - [0:0]
:MARK-MASQ - [0:0]
:POSTROUTING-SVC - [0:0]
-A PREROUTING ${service} -j SVC
-A POSTROUTING -j POSTROUTING-SVC
-A MARK-MASQ -j MARK --or-mark 0x4000
-A POSTROUTING-SVC -m mark ! --mark ${masqueradeMark} -j RETURN
-A POSTROUTING-SVC -j MARK --xor-mark 0x4000
-A POSTROUTING-SVC -j MASQUERADE --random-fully
COMMIT
`;

/**
 * The endpoints as kube-proxy's iptables mode writes them: a new connection goes to each of them with
 * the same chance, conntrack keeps it there. Masqueraded is only who reaches itself.
 * @param removed endpoints whose chains are no longer needed.
 */
export function connectionRules(
  endpoints: readonly ServiceEndpoint[],
  removed: readonly ServiceEndpoint[],
): string {
  const chains = [...endpoints, ...removed].map(({ index }) => `:SEP-${index} - [0:0]`);
  const jumps = endpoints.map(({ index }, position) => {
    const left = endpoints.length - position;
    const chance =
      left === 1 ? "" : `-m statistic --mode random --probability ${(1 / left).toFixed(10)} `;
    return `-A SVC ${chance}-j SEP-${index}`;
  });
  const targets = endpoints.flatMap(({ index, address }) => [
    `-A SEP-${index} -s ${address}/32 -j MARK-MASQ`,
    `-A SEP-${index} -p udp -m udp -j DNAT --to-destination ${address}:${COAPS_PORT}`,
  ]);
  return table("nat", [":SVC - [0:0]", ...chains, ...jumps, ...targets, ...deletions(removed)]);
}

/** A balancer that knows no connections: nothing of the service is tracked. */
export const packetRulesBase: string = `*raw
-A PREROUTING ${service} -j CT --notrack
-A PREROUTING -s ${SERVICE_ADDRESS}/32 -p udp -m udp --sport ${COAPS_PORT} -j CT --notrack
COMMIT
*mangle
:SVC - [0:0]
-A PREROUTING ${service} -j SVC
COMMIT
`;

/** Marks every datagram for the next endpoint in turn; routing does the rest, nothing is rewritten. */
export function packetRules(
  endpoints: readonly ServiceEndpoint[],
  removed: readonly ServiceEndpoint[],
): string {
  const chains = [...endpoints, ...removed].map(({ index }) => `:SEP-${index} - [0:0]`);
  const jumps = endpoints.map(({ index }, position) => {
    const left = endpoints.length - position;
    const turn = left === 1 ? "" : `-m statistic --mode nth --every ${left} --packet 0 `;
    return `-A SVC ${turn}-g SEP-${index}`;
  });
  const targets = endpoints.map(
    ({ index }) => `-A SEP-${index} -j MARK --set-mark ${packetMark(index)}`,
  );
  return table("mangle", [":SVC - [0:0]", ...chains, ...jumps, ...targets, ...deletions(removed)]);
}

/** Mark and number of the routing table that lead to an endpoint. */
export function packetMark(index: number): number {
  return 100 + index;
}

function deletions(removed: readonly ServiceEndpoint[]): string[] {
  return removed.map(({ index }) => `-X SEP-${index}`);
}

function table(name: string, lines: readonly string[]): string {
  return `*${name}\n${lines.join("\n")}\nCOMMIT\n`;
}
