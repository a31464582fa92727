/**
 * What tests against other implementations share: peers as processes, the engine on a loopback socket,
 * a lossy proxy, captures for tshark. Private.
 *
 * @packageDocumentation
 */
export { type CPeer, type CPeerOptions, mbedTls, wolfSsl } from "./c-peer.ts";
export {
  CaliforniumClient,
  type CoapsClientOptions,
} from "./californium/coaps-client.ts";
export {
  buildCalifornium,
  type CaliforniumRelease,
  californiumReleases,
  hasJavaTools,
  javaCommand,
} from "./californium/java-programs.ts";
export { CaliforniumLoad } from "./californium/load-client.ts";
export { type ClusterLevel, MixedCluster } from "./californium/mixed-cluster.ts";
export { TestNode, type TestNodeCluster, type TestNodeOptions } from "./californium/test-node.ts";
export { CertificateFiles, type Holder } from "./certificate-files.ts";
export { type ClusterServer, ownProgram, startClusterServer } from "./cluster-server.ts";
export { until } from "./deadline.ts";
export { freePorts } from "./free-port.ts";
export {
  type GnutlsOptions,
  gnutlsClient,
  gnutlsClientProgram,
  gnutlsServer,
} from "./gnutls.ts";
export { InstalledProgram } from "./installed-program.ts";
export { InteropError } from "./interop-error.ts";
export {
  coapClient,
  type LibcoapPrograms,
  type LibcoapServer,
  libcoap,
  startLibcoapServer,
} from "./libcoap.ts";
export { LoopbackEndpoint, type LoopbackOptions } from "./loopback-endpoint.ts";
export {
  certificateSuites,
  type OpensslOptions,
  openssl,
  opensslClient,
  opensslServer,
  pskSuites,
} from "./openssl.ts";
export { encodePcap } from "./packet-capture.ts";
export { PeerProcess } from "./peer-process.ts";
export { PlainCoapClient } from "./plain-coap-client.ts";
export { type DissectOptions, dissect, tshark } from "./tshark.ts";
export { type ProxiedDatagram, UdpProxy, type UdpProxyOptions } from "./udp-proxy.ts";
