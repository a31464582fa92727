import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { Lab } from "./net/lab.ts";

const PROGRAMS = ["ip", "iptables", "iptables-restore", "conntrack", "tcpdump"];

/** Says what this machine lacks for a lab; undefined when nothing. Builds a small one to find out. */
export async function missingForLab(): Promise<string | undefined> {
  if (process.platform !== "linux") return "network namespaces exist on Linux only";
  if (process.getuid?.() !== 0) return "only root may make network namespaces";
  const missing = PROGRAMS.filter((program) => !isInstalled(program));
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  for (const balancing of ["connection", "packet"] as const) {
    const lab = new Lab(balancing);
    try {
      await lab.open();
      const pod = await lab.addPod("probe");
      await lab.service.setEndpoints([pod]);
      await lab.service.forgetConnections(pod);
      await lab.nat.rebind();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await lab.close();
    }
  }
  return undefined;
}

function isInstalled(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
