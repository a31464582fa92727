/** One option as the user sees it; its environment variable follows from its name. */
export interface OptionRow {
  /** As in `--help`; the name is the part between `--` and the first space. */
  readonly flags: string;
  readonly help: string;
}

export const optionTable: readonly OptionRow[] = [
  {
    flags: "--clients <n>",
    help: "clients, each with its own socket and connection (default: 2000)",
  },
  {
    flags: "--first-client <n>",
    help: "number of the first client, for several processes (default: 0)",
  },
  { flags: "--requests <total>", help: "end after this many requests of all clients together" },
  {
    flags: "--duration <s>",
    help: "end after this time under load (default: 60 without --requests)",
  },
  {
    flags: "--interval <ms>",
    help: "time between two requests of a client (default: none, closed loop)",
  },
  { flags: "--psk <identity:secret>", help: "* is the client's number (default: cali.*:.fornium)" },
  { flags: "--psk-file <file>", help: "lines identity=base64, one per client" },
  {
    flags: "--trust <file>",
    help: "PEM of authorities or public keys of the servers: certificates in place of PSK",
  },
  { flags: "--cert <file>", help: "PEM of the clients' key and certificate, or of the key alone" },
  {
    flags: "--server-name <name>",
    help: "name that the servers' certificate must have (default: any of --trust)",
  },
  {
    flags: "--cipher <names>",
    help: "IANA names (default: TLS_PSK_WITH_AES_128_CCM_8, with --trust TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)",
  },
  {
    flags: "--cid-length <n|off>",
    help: "the clients' own CID; 0 only takes the server's (default: 0)",
  },
  { flags: "--con", help: "confirmable requests (default)" },
  { flags: "--non", help: "non-confirmable requests" },
  { flags: "--method <method>", help: "GET, POST or PUT (default: POST)" },
  { flags: "--payload-size <bytes>", help: "request payload; none with GET (default: 40)" },
  { flags: "--no-verify", help: "do not check code and length of the answers" },
  { flags: "--max-retransmit <n>", help: "MAX_RETRANSMIT of RFC 7252 (default: 4)" },
  { flags: "--ack-timeout <ms>", help: "ACK_TIMEOUT of RFC 7252 (default: 2000)" },
  { flags: "--ack-random-factor <f>", help: "ACK_RANDOM_FACTOR of RFC 7252 (default: 1.5)" },
  {
    flags: "--response-timeout <ms>",
    help: "wait for separate answers and answers to NON (default: 30000)",
  },
  {
    flags: "--error-pause <ms>",
    help: "pause of a client after a given-up request (default: 1000)",
  },
  {
    flags: "--home <n>",
    help: "all clients make their handshake with the n-th URI (default: with each in turn)",
  },
  { flags: "--spread", help: "send each client's datagrams to all URIs in turn" },
  { flags: "--rebind <n>", help: "new source port after every n requests of a client" },
  {
    flags: "--handshake-rate <n>",
    help: "most handshakes started in a second (default: no limit)",
  },
  { flags: "--handshakes-at-once <n>", help: "most handshakes in progress (default: 100)" },
  { flags: "--handshake-timeout <s>", help: "give a handshake up after this time (default: 30)" },
  { flags: "--grace <s>", help: "wait for requests in flight at the end (default: 10)" },
  { flags: "--report-interval <s>", help: "one line of figures in this time (default: 10)" },
  { flags: "--json <file>", help: "write all figures there at the end" },
  { flags: "--max-retransmission-percent <p>", help: "more than that is a failure (default: 100)" },
  { flags: "--max-errors <n>", help: "more errors than that are a failure (default: 0)" },
  { flags: "--quiet", help: "print nothing but problems" },
];

/** `clients` of `--clients <n>`, `no-verify` of `--no-verify`. */
export function optionName(flags: string): string {
  return flags.slice(2).split(" ", 1)[0] as string;
}

export function environmentName(name: string): string {
  return `DTLS_BENCHMARK_${name.toUpperCase().replaceAll("-", "_")}`;
}
