import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Text of the base that the chart makes variable. Each must be found in the file, or the base has changed. */
interface Variable {
  readonly file: string;
  readonly text: string;
  readonly template: string;
}

const VARIABLES: readonly Variable[] = [
  {
    file: "services.yaml",
    text: "  type: LoadBalancer\n  externalTrafficPolicy: Local\n",
    template:
      '  type: {{ .Values.service.type }}\n  {{- if ne .Values.service.type "ClusterIP" }}\n  externalTrafficPolicy: {{ .Values.service.externalTrafficPolicy }}\n  {{- end }}\n',
  },
  {
    file: "statefulset.yaml",
    text: "  name: dtls-cluster-a\n",
    template: "  name: dtls-cluster-{{ .Values.colour }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "  replicas: 3\n",
    template: "  replicas: {{ .Values.replicas }}\n",
  },
  {
    file: "statefulset.yaml",
    text: 'initialDtlsClusterNodes: "3"\n',
    template: "initialDtlsClusterNodes: {{ .Values.replicas | quote }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "terminationGracePeriodSeconds: 180\n",
    template: "terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "- --grace=170\n",
    template: "- --grace={{ sub (int .Values.terminationGracePeriodSeconds) 10 }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "image: dtls-cluster-server:0.1.0\n",
    template: "image: {{ .Values.image | quote }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "imagePullPolicy: IfNotPresent\n",
    template: "imagePullPolicy: {{ .Values.imagePullPolicy }}\n",
  },
  { file: "statefulset.yaml", text: "cpu: 100m\n", template: "cpu: {{ .Values.cpuRequest }}\n" },
  {
    file: "statefulset.yaml",
    text: "memory: 128Mi\n",
    template: "memory: {{ .Values.memoryRequest }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "memory: 1Gi\n",
    template: "memory: {{ .Values.memoryLimit }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "name: dtls-cluster-config\n",
    template: "name: {{ .Values.secret }}\n",
  },
  {
    file: "statefulset.yaml",
    text: "secretName: dtls-cluster-config\n",
    template: "secretName: {{ .Values.secret }}\n",
  },
];

const VALUES = `# Written by render-chart.ts. The defaults render what the Kustomize base holds.
# a or b; an update brings the other one beside it, and is the work of dtls-cluster-deploy.
colour: a
replicas: 3
image: dtls-cluster-server:0.1.0
imagePullPolicy: IfNotPresent
# Holds the secrets between the nodes, the certificates and psk.txt; made apart.
secret: dtls-cluster-config
service:
  # LoadBalancer, NodePort or ClusterIP.
  type: LoadBalancer
  # Local: the nodes see the clients' own addresses. Not used with ClusterIP.
  externalTrafficPolicy: Local
# A pod that handed its connections over relays for at most ten seconds less than this.
terminationGracePeriodSeconds: 180
cpuRequest: 100m
memoryRequest: 128Mi
memoryLimit: 1Gi
`;

const CHART = (version: string): string => `# Written by render-chart.ts.
apiVersion: v2
name: dtls-cluster
description: DTLS 1.2 Connection-ID cluster.
type: application
version: ${version}
appVersion: ${version}
`;

/** The Helm chart as text by path, made from the Kustomize base. @throws Error when the base does not fit */
export function renderChart(): ReadonlyMap<string, string> {
  const base = join(import.meta.dirname, "base");
  const manifest = readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const chart = new Map([
    ["Chart.yaml", CHART(version)],
    ["values.yaml", VALUES],
  ]);
  for (const file of readdirSync(base).sort()) {
    if (file === "kustomization.yaml") continue;
    let text = readFileSync(join(base, file), "utf8");
    for (const variable of VARIABLES.filter((each) => each.file === file)) {
      if (!text.includes(variable.text)) {
        throw new Error(`base/${file} has no ${JSON.stringify(variable.text)}`);
      }
      text = text.replaceAll(variable.text, variable.template);
    }
    chart.set(`templates/${file}`, text);
  }
  return chart;
}

if (import.meta.main) {
  const target = join(import.meta.dirname, "chart");
  rmSync(target, { recursive: true, force: true });
  for (const [path, text] of renderChart()) {
    mkdirSync(join(target, path, ".."), { recursive: true });
    writeFileSync(join(target, path), text);
  }
}
