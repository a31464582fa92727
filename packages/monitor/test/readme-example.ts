import {
  CredentialWatch,
  clientCredentialFiles,
  Monitor,
  RestoreClient,
  RestoreServer,
  serverCredentialFiles,
} from "@dtls-cluster/monitor";

/** A node that can give its state away: ready when its cluster is. */
export async function oldNode(certificates: string, state: () => AsyncIterable<Uint8Array>) {
  const monitor = new Monitor({ host: "127.0.0.1", port: 0 });
  monitor.metrics.gauge({
    name: "dtls_connections",
    help: "Established connections.",
    collect: () => ({ connections: 1 }),
  });
  monitor.readiness.add("cluster").set(true);
  const watch = await CredentialWatch.open({
    files: serverCredentialFiles(certificates),
    onReload: (credentials) => restoreServer.replaceCredentials(credentials),
    onProblem: ({ message }) => console.error(message),
  });
  const restoreServer = new RestoreServer({
    host: "127.0.0.1",
    port: 0,
    credentials: watch.current,
    restore: () => ({ status: 200, body: state() }),
    activate: () => ({ status: 200, body: "activated" }),
  });
  const ports = { http: await monitor.listen(), https: await restoreServer.listen() };
  const close = async () => {
    watch.close();
    await Promise.all([monitor.close(), restoreServer.close()]);
  };
  return { ...ports, close };
}

/** Its double, which takes the state over. */
export async function newNode(certificates: string, port: number): Promise<number> {
  const watch = await CredentialWatch.open({ files: clientCredentialFiles(certificates) });
  const client = new RestoreClient({ credentials: () => watch.current });
  const double = { host: "127.0.0.1", port };
  const bytes = await client.restore(double, async (chunks) => {
    let length = 0;
    for await (const chunk of chunks) length += chunk.length;
    return length;
  });
  if (bytes !== undefined) await client.activate(double);
  watch.close();
  return bytes ?? 0;
}
