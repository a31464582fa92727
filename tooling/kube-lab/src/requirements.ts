import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { Binaries } from "./binaries.ts";
import { execute } from "./execute.ts";
import { createNodeGroup, removeGroups } from "./host/control-groups.ts";

/** Programs, and the Debian package of each. */
const PROGRAMS = {
  buildah: "buildah",
  containerd: "containerd",
  ctr: "containerd",
  runc: "runc",
  iptables: "iptables",
  conntrack: "conntrack",
  ip: "iproute2",
  openssl: "openssl",
  nsenter: "util-linux",
  unshare: "util-linux",
} as const;

/** Says what this machine lacks for a lab, in one line; undefined when nothing. */
export async function missingForLab(): Promise<string | undefined> {
  if (process.platform !== "linux") return "containers exist on Linux only";
  if (process.getuid?.() !== 0) return "only root may make namespaces and control groups";
  const missing: string[] = Object.entries(PROGRAMS)
    .filter(([program]) => !isInstalled(program))
    .map(([, debian]) => debian);
  if (!existsSync("/usr/lib/cni/ptp")) missing.push("containernetworking-plugins");
  if (missing.length > 0) return `not installed: ${[...new Set(missing)].join(", ")}`;
  if (!/ cgroup2? /.test(readFileSync("/proc/self/mounts", "utf8"))) {
    return "no control groups are mounted";
  }
  if (Binaries.cached() === undefined && !isInstalled("go")) {
    return "not installed: go, 1.26 or newer, to build Kubernetes";
  }
  return await refusedHere();
}

/** Root of a container may be less than root: tries what a lab does first. */
async function refusedHere(): Promise<string | undefined> {
  const probe = `probe-${process.pid}`;
  const namespaces = ["--pid", "--fork", "--mount-proc", "--mount", "--net"];
  try {
    await execute("unshare", [...namespaces, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    createNodeGroup(probe, "node");
    return undefined;
  } catch (error) {
    return `this machine refuses: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    removeGroups(probe);
  }
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
