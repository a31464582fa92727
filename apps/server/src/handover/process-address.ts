import type { SocketAddress } from "@dtls-cluster/dtls";

/** Where the cluster channel and the https service of a process are. */
export interface ProcessAddress {
  readonly host: string;
  /** 0: it is not known. */
  readonly clusterPort: number;
  /** 0: it has none. */
  readonly httpsPort: number;
}

const FORM = /^(.*):(\d{1,5})\/(\d{1,5})$/;
const WILDCARDS = ["", "::", "0.0.0.0"];

/** The text that stands for a process in the handover's messages. */
export function formatProcess({ host, clusterPort, httpsPort }: ProcessAddress): string {
  return `${host}:${clusterPort}/${httpsPort}`;
}

/** @param seenAt stands for a host that the process itself does not know (it listens everywhere). */
export function parseProcess(text: string, seenAt?: string): ProcessAddress | undefined {
  const match = FORM.exec(text);
  const clusterPort = Number(match?.[2]);
  const httpsPort = Number(match?.[3]);
  if (match === null || clusterPort > 65_535 || httpsPort > 65_535) return undefined;
  const own = match[1] as string;
  const host = WILDCARDS.includes(own) ? (seenAt ?? "") : own;
  return { host, clusterPort, httpsPort };
}

/** Undefined while nobody has said where the cluster channel is. */
export function clusterAddress(text: string): SocketAddress | undefined {
  const process = parseProcess(text);
  if (process === undefined || process.clusterPort === 0 || process.host === "") return undefined;
  return { address: process.host, port: process.clusterPort };
}
