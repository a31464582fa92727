import { API_SERVICE_ADDRESS, CLUSTER_DOMAIN } from "../host/network.ts";

const HEADER_BYTES = 12;
const TYPE_A = 1;
const TTL_S = 5;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

/** The names that the lab's DNS knows, in lower case, and their addresses. */
const ADDRESSES: ReadonlyMap<string, string> = new Map([
  [`kubernetes.default.svc.${CLUSTER_DOMAIN}`, API_SERVICE_ADDRESS],
]);

/** Answers a DNS query (RFC 1035) of one question; undefined for anything else. */
export function answerQuery(query: Buffer): Buffer | undefined {
  if (query.length < HEADER_BYTES || (query[2] ?? 0) >= 0x80 || query.readUInt16BE(4) !== 1) {
    return undefined;
  }
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63 || at + 1 + length > query.length) return undefined;
    at += 1 + length;
    if (length === 0) break;
    labels.push(query.toString("latin1", at - length, at));
  }
  if (at + 4 > query.length) return undefined;
  const address = ADDRESSES.get(labels.join(".").toLowerCase());
  const isAnswered = address !== undefined && query.readUInt16BE(at) === TYPE_A;
  const header = Buffer.from(query.subarray(0, HEADER_BYTES));
  // A response, authoritative; what was asked for recursion stays.
  header[2] = 0x84 | ((query[2] ?? 0) & 0x01);
  header[3] = address === undefined ? NO_SUCH_NAME : NO_ERROR;
  header.writeUInt16BE(isAnswered ? 1 : 0, 6);
  header.writeUInt32BE(0, 8);
  const question = query.subarray(HEADER_BYTES, at + 4);
  return Buffer.concat([header, question, ...(isAnswered ? [record(address)] : [])]);
}

/** An address record for the name of the question. */
function record(address: string): Buffer {
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, TTL_S, 0, 4]);
  return Buffer.concat([head, Buffer.from(address.split(".").map(Number))]);
}
