import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { networkInterfaces } from "node:os";
import { unmapAddress } from "../address-text.ts";

const ipv4Family = 2;
const ipv6Family = 10;
const ipv4NameLength = 16;
const ipv6NameLength = 28;
/** Addresses remembered in each direction; when full, all are forgotten. */
const cacheLimit = 65_536;

/** Writes a `struct sockaddr_in` to `target` at `offset`. */
export function encodeIpv4Name(
  target: Uint8Array,
  offset: number,
  address: ArrayLike<number>,
  port: number,
): void {
  target[offset] = ipv4Family;
  target[offset + 1] = 0;
  target[offset + 2] = port >>> 8;
  target[offset + 3] = port & 255;
  for (let index = 0; index < 4; index += 1) target[offset + 4 + index] = address[index] ?? 0;
}

/** The port of a `struct sockaddr_in` or `sockaddr_in6`. */
export function decodePort(source: Uint8Array, offset: number): number {
  return ((source[offset + 2] ?? 0) << 8) | (source[offset + 3] ?? 0);
}

/** Translates the addresses of one socket family between text and `struct sockaddr`. */
export class SocketNames {
  readonly #isIpv6: boolean;
  readonly #textByNumber = new Map<number, string>();
  readonly #textByBytes = new Map<string, string>();
  readonly #bytesByText = new Map<string, Uint8Array | undefined>();

  constructor(isIpv6: boolean) {
    this.#isIpv6 = isIpv6;
  }

  /** Length of an address structure of this family. */
  get length(): number {
    return this.#isIpv6 ? ipv6NameLength : ipv4NameLength;
  }

  /**
   * Writes the address structure for a peer to `target` at `offset`.
   * @returns false for what only the system can resolve (zones) or is no address and port.
   */
  encode(target: Uint8Array, offset: number, address: string, port: number): boolean {
    if (!(port > 0 && port < 65_536)) return false;
    let bytes = this.#bytesByText.get(address);
    if (bytes === undefined) {
      bytes = parseAddress(address, this.#isIpv6);
      if (bytes === undefined) return false;
      if (this.#bytesByText.size >= cacheLimit) this.#bytesByText.clear();
      this.#bytesByText.set(address, bytes);
    }
    if (!this.#isIpv6) {
      encodeIpv4Name(target, offset, bytes, port);
      return true;
    }
    target.fill(0, offset, offset + ipv6NameLength);
    target[offset] = ipv6Family;
    target[offset + 2] = port >>> 8;
    target[offset + 3] = port & 255;
    target.set(bytes, offset + 8);
    return true;
  }

  /** The text of the address in a structure that the system wrote. */
  decodeAddress(source: Uint8Array, offset: number): string {
    const start = offset + (this.#isIpv6 ? 8 : 4);
    if (!this.#isIpv6 || isMapped(source, start)) {
      const at = this.#isIpv6 ? start + 12 : start;
      const [a = 0, b = 0, c = 0, d = 0] = [
        source[at],
        source[at + 1],
        source[at + 2],
        source[at + 3],
      ];
      const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
      let text = this.#textByNumber.get(number);
      if (text === undefined) {
        text = `${a}.${b}.${c}.${d}`;
        if (this.#textByNumber.size >= cacheLimit) this.#textByNumber.clear();
        this.#textByNumber.set(number, text);
      }
      return text;
    }
    // The zone follows the address immediately.
    const key = String.fromCharCode(...source.subarray(start, start + 20));
    let text = this.#textByBytes.get(key);
    if (text === undefined) {
      text = formatIpv6(source, start);
      if (this.#textByBytes.size >= cacheLimit) this.#textByBytes.clear();
      this.#textByBytes.set(key, text);
    }
    return text;
  }
}

function isMapped(source: Uint8Array, start: number): boolean {
  for (let index = 0; index < 10; index += 1) if (source[start + index] !== 0) return false;
  return source[start + 10] === 0xff && source[start + 11] === 0xff;
}

function formatIpv6(source: Uint8Array, start: number): string {
  const view = new DataView(source.buffer, source.byteOffset + start, 20);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  const { address } = new SocketAddress({ address: groups.join(":"), family: "ipv6" });
  const isLinkLocal = (view.getUint16(0) & 0xffc0) === 0xfe80;
  return isLinkLocal ? `${address}%${interfaceName(view.getUint32(16, true))}` : address;
}

function interfaceName(zone: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    if (addresses?.some((entry) => entry.family === "IPv6" && entry.scopeid === zone)) return name;
  }
  return String(zone);
}

/** 4 bytes, or 16 for an IPv6 socket (IPv4 mapped). Undefined for zones and for what is no address. */
function parseAddress(text: string, isIpv6: boolean): Uint8Array | undefined {
  if (isIPv4(text)) {
    const bytes = text.split(".").map(Number);
    return Uint8Array.from(isIpv6 ? [...new Array(10).fill(0), 255, 255, ...bytes] : bytes);
  }
  if (!isIpv6 || !isIPv6(text) || text.includes("%")) return undefined;
  const unmapped = unmapAddress(text);
  return unmapped === text ? parseIpv6(text) : parseAddress(unmapped, true);
}

/** @param text is known to be a valid IPv6 address without a zone. */
function parseIpv6(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const before = parseGroups(head);
  const after = tail === undefined ? [] : parseGroups(tail);
  const zeros = new Array<number>(16 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after]);
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 255];
  });
}
