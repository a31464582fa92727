/** Where things are inside a lab. The namespaces see nothing else, so any addresses do. */
export const SERVICE_ADDRESS = "10.96.0.10";
export const COAPS_PORT = 5784;
/** UDP: cluster channel; TCP: restore. */
export const CLUSTER_PORT = 5884;
export const HTTP_PORT = 8080;

export const podAddress = (index: number): string => `10.244.${index}.2`;
export const podGateway = (index: number): string => `10.244.${index}.1`;

export const CLIENT_NETWORK = "192.168.7.0/24";
export const CLIENT_ADDRESS = "192.168.7.2";
export const CLIENT_GATEWAY = "192.168.7.1";
export const NAT_ADDRESS = "172.20.0.2";
export const ROUTER_ADDRESS = "172.20.0.1";
