// Runs in a pod: finds the own group and the double through the Kubernetes API, then starts the server.
const { readFileSync } = require("node:fs");

const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const namespace = readFileSync(`${account}/namespace`, "utf8");
const authorization = `Bearer ${readFileSync(`${account}/token`, "utf8")}`;
const host = process.env.KUBERNETES_SERVICE_HOST;
const name = process.env.HOSTNAME;

async function get(suffix) {
  const url = `https://${host}/api/v1/namespaces/${namespace}/pods${suffix}`;
  const response = await fetch(url, { headers: { authorization } });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.json();
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 200));

async function start() {
  let self = await get(`/${name}`);
  for (; !self.status.podIP; self = await get(`/${name}`)) await pause();
  const { initialDtlsClusterNodes: nodes, restore } = self.metadata.labels;
  const revision = self.metadata.labels["controller-revision-hash"];
  let addresses = [];
  while (addresses.length < Number(nodes)) {
    await pause();
    const group = await get(`?labelSelector=controller-revision-hash%3D${revision}`);
    addresses = group.items.flatMap(({ status }) => status.podIP ?? []);
  }
  const other = name.replace(
    /-([ab])-(\d+)$/,
    (_, colour, id) => `-${colour === "a" ? "b" : "a"}-${id}`,
  );
  const double = restore === "true" ? undefined : await get(`/${other}`);
  const gives = double?.metadata.labels.restore === "true" && double.status.podIP;
  process.argv = [
    process.argv[0],
    ...["--node-id", name.split("-").pop(), "--psk-file", "/etc/certs/psk.txt"],
    ...["--coap", "off", "--coaps", "0.0.0.0:5784", "--http", "0.0.0.0:8080"],
    ...["--cluster", `${self.status.podIP}:5884`, "--handover", "0.0.0.0:5884"],
    ...["--cluster-nodes", addresses.map((address) => `${address}:5884`).join(",")],
    ...["--initial-nodes", nodes],
    ...(gives ? ["--double", `${double.status.podIP}:5884`] : []),
  ];
  await import("/app/dist/main.js");
}

start().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
