import { Command, Option } from "commander";
import { CERTIFICATE_OPTIONS, type RawCertificateOptions } from "./certificate-config.ts";
import { KUBERNETES_OPTIONS } from "./kubernetes-options.ts";
import type { OptionRow } from "./option-row.ts";

/** Option values as text, before they are checked. */
export interface RawOptions extends RawCertificateOptions {
  readonly nodeId?: string;
  readonly coaps: string;
  readonly coap: string;
  readonly cluster?: string;
  readonly clusterNodes?: string;
  readonly clusterDns?: string;
  readonly clusterIdentity?: string;
  readonly clusterSecret?: string;
  readonly clusterLevel?: string;
  readonly initialNodes?: string;
  readonly backward: boolean;
  readonly cookieSecret?: string;
  readonly ticketSecret?: string;
  readonly psk?: readonly string[];
  readonly pskFile?: string;
  readonly cipher?: string;
  readonly cidLength?: string;
  readonly returnRoutability: string;
  readonly mtu: string;
  readonly maxConnections: string;
  readonly replaceIdle?: string;
  readonly maxConnectionsPerIdentity?: string;
  readonly maxHandshakes: string;
  readonly maxHandshakeRate?: string;
  readonly receiveBuffer: string;
  readonly batch: string;
  readonly statusInterval: string;
  readonly notifyInterval: string;
  readonly logLevel: string;
  readonly keyLog?: string;
  readonly http: string;
  readonly handover?: string;
  readonly double?: string;
  readonly doubleCluster?: string;
  readonly certs: string;
  readonly stale: string;
  readonly relayIdle: string;
  readonly grace: string;
  readonly kubernetes?: boolean;
  readonly kubePod?: string;
  readonly kubeServiceAccount?: string;
  readonly kubeHost?: string;
  readonly kubeToken?: string;
  readonly kubeNamespace?: string;
  readonly kubeSelector?: string;
  readonly kubeSelectorLabel: string;
  readonly kubeRestoreSelectorLabel?: string;
  readonly copyLease: string;
  readonly save?: string;
  readonly restore?: string;
  readonly statePasswordFile?: string;
  readonly saveFormat: string;
  readonly californiumVersion: string;
  readonly californiumLabel?: string;
}

/** What a node needs to be replaced while it serves, and to be watched. */
const HANDOVER_OPTIONS: readonly OptionRow[] = [
  {
    flags: "--http <address>",
    environment: "DTLS_CLUSTER_HTTP",
    default: "off",
    description: 'address of /ready, /alive and /metrics, usually :8080, or "off"',
  },
  {
    flags: "--handover <address>",
    environment: "DTLS_CLUSTER_HANDOVER",
    description:
      "https address that gives the connections to the double, usually :5884; needs --cluster and --certs",
  },
  {
    flags: "--double <host:port>",
    environment: "DTLS_CLUSTER_DOUBLE",
    description:
      "https address of the process that serves this node id now: takes over from it before serving",
  },
  {
    flags: "--double-cluster <host:port>",
    environment: "DTLS_CLUSTER_DOUBLE_CLUSTER",
    description: "cluster address of the double (default: as it says itself over https)",
  },
  {
    flags: "--certs <directory>",
    environment: "DTLS_CLUSTER_CERTS",
    default: "/etc/certs",
    description:
      "directory with https_server_cert.pem, https_server_trust.pem, https_client_cert.pem and https_client_trust.pem",
  },
  {
    flags: "--stale <hours>",
    environment: "DTLS_CLUSTER_STALE",
    default: "12",
    description: "connections idle for longer are neither handed over nor saved",
  },
  {
    flags: "--copy-lease <seconds>",
    environment: "DTLS_CLUSTER_COPY_LEASE",
    default: "120",
    description:
      "a process that handed over keeps its sealed copy while the new owner answers at least this often",
  },
  {
    flags: "--relay-idle <seconds>",
    environment: "DTLS_CLUSTER_RELAY_IDLE",
    default: "300",
    description: "after a handover the process ends when it received nothing for this long",
  },
  {
    flags: "--grace <seconds>",
    environment: "DTLS_CLUSTER_GRACE",
    default: "0",
    description:
      "after SIGTERM a process that handed over relays on until nothing came for five seconds, for at most this long",
  },
  {
    flags: "--save <file>",
    environment: "DTLS_CLUSTER_SAVE",
    description: "SIGTERM saves the connections to this file instead of closing them",
  },
  {
    flags: "--restore <file>",
    environment: "DTLS_CLUSTER_RESTORE",
    description:
      "go on with the connections of this file, own or Californium's, if there is one; it is used up by that",
  },
  {
    flags: "--state-password-file <file>",
    environment: "DTLS_CLUSTER_STATE_PASSWORD_FILE",
    description:
      "first line of this file encrypts what --save writes and opens what --restore reads",
  },
  {
    flags: "--save-format <format>",
    environment: "DTLS_CLUSTER_SAVE_FORMAT",
    default: "own",
    description: "format of what --save writes: own or californium",
  },
  {
    flags: "--californium-version <4|5>",
    environment: "DTLS_CLUSTER_CALIFORNIUM_VERSION",
    default: "4",
    description:
      "version of the connections that are given to Californium by --save or its restore client: 4 is read by 3.x and 4.0, 5 by 4.0",
  },
  {
    flags: "--californium-label <uri>",
    environment: "DTLS_CLUSTER_CALIFORNIUM_LABEL",
    description:
      "name of the connector of Californium that loads them, or that saved what is taken over (default: dtls:// and the address of --coaps; names that begin with dtls:// are always taken)",
  },
];

const OPTIONS: readonly OptionRow[] = [
  {
    flags: "--node-id <0..255>",
    environment: "KUBECTL_NODE_ID",
    description:
      "id of this node, the first byte of its Connection IDs (default: 0, or the number that the host name ends with)",
  },
  {
    flags: "--coaps <address>",
    environment: "DTLS_CLUSTER_COAPS",
    default: ":5784",
    description: "public CoAP/DTLS address",
  },
  {
    flags: "--coap <address>",
    environment: "DTLS_CLUSTER_COAP",
    default: ":5783",
    description: 'public plain CoAP address, or "off"',
  },
  {
    flags: "--cluster <address>",
    environment: "DTLS_CLUSTER_ADDRESS",
    description: "address for the other nodes, usually :5884; without it the server stands alone",
  },
  {
    flags: "--cluster-nodes <addresses>",
    environment: "DTLS_CLUSTER_NODES",
    description: "cluster addresses of the nodes, comma separated (the own one may be among them)",
  },
  {
    flags: "--cluster-dns <name:port>",
    environment: "DTLS_CLUSTER_DNS",
    description: "DNS name that resolves to the addresses of all nodes",
  },
  {
    flags: "--cluster-identity <text>",
    environment: "DTLS_CID_MGMT_IDENTITY",
    description: "PSK identity between the nodes, the same on all of them",
  },
  {
    flags: "--cluster-secret <base64>",
    environment: "DTLS_CID_MGMT_SECRET_BASE64",
    description:
      "PSK between the nodes, at least 8 bytes (better 32 random ones), the same on all; other users of the host see a command line, so prefer the environment",
  },
  {
    flags: "--cluster-level <level>",
    environment: "DTLS_CLUSTER_LEVEL",
    description:
      "protection between the nodes, the same on all: udp (none), dtls (pings), dtls-mac (pings and forwarded records); default: dtls-mac with identity and secret, else udp",
  },
  {
    flags: "--initial-nodes <1..256>",
    environment: "DTLS_CLUSTER_INITIAL_NODES",
    description:
      "nodes, this one included, that must have been seen before the server is ready (default: all of --cluster-nodes, else 1)",
  },
  {
    flags: "--no-backward",
    environment: "DTLS_CLUSTER_NO_BACKWARD",
    description:
      "answer forwarded records from the own public socket instead of through the node that received them",
  },
  {
    flags: "--cookie-secret <base64>",
    environment: "DTLS_CLUSTER_COOKIE_SECRET_BASE64",
    description:
      "secret of the handshake cookies, at least 16 bytes, the same on all nodes (default: random)",
  },
  {
    flags: "--ticket-secret <base64>",
    environment: "DTLS_CLUSTER_TICKET_SECRET_BASE64",
    description:
      "secret of session tickets, at least 16 bytes, the same on all nodes: clients resume their sessions at any of them (default: no tickets)",
  },
  {
    flags: "--psk-file <file>",
    environment: "DTLS_CLUSTER_PSK_FILE",
    description: "file of lines IDENTITY=BASE64 or IDENTITY=:0xHEX",
  },
  {
    flags: "--cipher <names>",
    environment: "DTLS_CLUSTER_CIPHER",
    description:
      "accepted cipher suites, comma separated (default: all that there are keys or certificates for)",
  },
  {
    flags: "--cid-length <0..32|off>",
    environment: "DTLS_CLUSTER_CID_LENGTH",
    description: "bytes of the own Connection IDs; a cluster needs 5 or more (default: 6)",
  },
  {
    flags: "--return-routability <off|basic|enhanced>",
    environment: "DTLS_CLUSTER_RETURN_ROUTABILITY",
    default: "basic",
    description:
      "ask clients that know RFC 9853 at a new address before it counts; enhanced asks the old address first, so that copied records move nobody",
  },
  {
    flags: "--mtu <bytes>",
    environment: "DTLS_CLUSTER_MTU",
    default: "1232",
    description: "largest UDP payload to send",
  },
  {
    flags: "--max-connections <n>",
    environment: "DTLS_CLUSTER_MAX_CONNECTIONS",
    default: "1000000",
    description: "established connections; new handshakes are refused beyond, see --replace-idle",
  },
  {
    flags: "--replace-idle <minutes>",
    environment: "DTLS_CLUSTER_REPLACE_IDLE",
    description:
      "at --max-connections, close the connection that is idle the longest for a new one, if it is idle for so long (default: none is closed)",
  },
  {
    flags: "--max-connections-per-identity <n>",
    environment: "DTLS_CLUSTER_MAX_CONNECTIONS_PER_IDENTITY",
    description:
      "connections with one PSK identity or certificate; one more closes the least recently used of them (default: no limit)",
  },
  {
    flags: "--max-handshakes <n>",
    environment: "DTLS_CLUSTER_MAX_HANDSHAKES",
    default: "10000",
    description: "handshakes at one time",
  },
  {
    flags: "--max-handshake-rate <n>",
    environment: "DTLS_CLUSTER_MAX_HANDSHAKE_RATE",
    description:
      "handshakes that may begin within a second; clients beyond are not answered and try again (default: no limit)",
  },
  {
    flags: "--receive-buffer <bytes>",
    environment: "DTLS_CLUSTER_RECEIVE_BUFFER",
    default: "8388608",
    description: "receive buffer of each socket; the kernel may grant less (net.core.rmem_max)",
  },
  {
    flags: "--batch <mode>",
    environment: "DTLS_CLUSTER_BATCH",
    default: "auto",
    description: "several datagrams per system call through koffi: auto, on or off",
  },
  {
    flags: "--notify-interval <ms>",
    environment: "DTLS_CLUSTER_NOTIFY_INTERVAL",
    default: "5000",
    description: "milliseconds between new states of /benchmark for clients that observe it",
  },
  {
    flags: "--status-interval <seconds>",
    environment: "DTLS_CLUSTER_STATUS_INTERVAL",
    default: "10",
    description: "seconds between status lines, 0 for none",
  },
  {
    flags: "--log-level <level>",
    environment: "DTLS_CLUSTER_LOG_LEVEL",
    default: "info",
    description: "debug, info, warn, error or silent",
  },
  {
    flags: "--key-log <file>",
    environment: "DTLS_CLUSTER_KEY_LOG",
    description:
      "append TLS keys in NSS form: whoever reads them reads the traffic; refused when NODE_ENV is production",
  },
];

/** The command line of `dtls-cluster-server`; each option is an environment variable as well. */
export function createCommand(version: string): Command {
  const command = new Command("dtls-cluster-server")
    .description("CoAP over DTLS 1.2 server; several of them form a Connection-ID cluster.")
    .version(version)
    .addOption(
      new Option(
        "--psk <identity:secret>",
        "pre-shared key; an identity ending in * stands for all with that prefix; repeatable (env: DTLS_CLUSTER_PSK, comma separated)",
      ).argParser(collect),
    )
    .addOption(
      new Option(
        "--cert <[names=]file>",
        "PEM of the server's private key and certificate chain, or of the key alone for a raw public key; names joined by + are the host names that it is for; repeatable (env: DTLS_CLUSTER_CERT, comma separated)",
      ).argParser(collect),
    );
  for (const row of [
    ...OPTIONS,
    ...CERTIFICATE_OPTIONS,
    ...HANDOVER_OPTIONS,
    ...KUBERNETES_OPTIONS,
  ]) {
    const option = new Option(row.flags, row.description).env(row.environment);
    command.addOption(row.default === undefined ? option : option.default(row.default));
  }
  return command.helpOption("-h, --help", "show this help").addHelpText("after", HELP_EXAMPLES);
}

function collect(value: string, previous?: readonly string[]): readonly string[] {
  return [...(previous ?? []), value];
}

const HELP_EXAMPLES = `
Examples:
  one server:    dtls-cluster-server --psk 'Client_identity:secretPSK'
  node 1 of 3:   dtls-cluster-server --node-id 1 --psk-file psk.txt --coaps :15784 --coap off \\
                   --cluster 127.0.0.1:15884 --cluster-nodes 127.0.0.1:15884,127.0.0.1:25884,127.0.0.1:35884

Exit codes: 0 ended by SIGTERM or SIGINT, 1 failed while running, 2 wrong option or environment.`;
