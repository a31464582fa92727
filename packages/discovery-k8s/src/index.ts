/**
 * The nodes of a DTLS Connection ID cluster on Kubernetes: the pods of the own group, and the double.
 *
 * @packageDocumentation
 */
export type { ApiTimeouts } from "./api-client.ts";
export type { BackoffOptions } from "./backoff.ts";
export { type Beginning, doubleName } from "./double.ts";
export { KubernetesError, type KubernetesErrorCode } from "./errors.ts";
export { DEFAULT_SELECTOR_LABEL, type GroupOptions } from "./group.ts";
export { KubernetesNodes, type KubernetesNodesOptions } from "./kubernetes-nodes.ts";
export { ordinalOf } from "./own-pod.ts";
export type { Pod } from "./pod.ts";
export { type ApiOptions, DEFAULT_HOST, SERVICE_ACCOUNT_DIRECTORY } from "./settings.ts";
