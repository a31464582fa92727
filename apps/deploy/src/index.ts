export { type DeployContext, deploy } from "./deploy.ts";
export { DeployError, KubeError, UsageError } from "./errors.ts";
export { loadKubeConfig } from "./kube/kube-config.ts";
export { createTransport, type KubeTransport } from "./kube/transport.ts";
export { loadManifests, type Manifests } from "./manifests/load-manifests.ts";
export { describeWorkload, type Workload } from "./manifests/workload.ts";
export { readCommandLine } from "./options/command-line.ts";
export { readSettings, type Settings } from "./options/settings.ts";
