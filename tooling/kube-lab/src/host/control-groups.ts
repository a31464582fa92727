import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const PARENT = "dtls-kube-lab";

/** The control group that kubelet puts the pods of a node in. */
export const nodeGroup = (lab: string, node: string): string => `/${PARENT}/${lab}/${node}`;

/** Makes the group of a node in every hierarchy of control groups. */
export function createNodeGroup(lab: string, node: string): void {
  const separate = hierarchies().filter(({ isUnified }) => !isUnified);
  // Where there are both, the controllers are in those of version 1.
  for (const { path, isUnified } of separate.length > 0 ? separate : hierarchies()) {
    let group = path;
    for (const part of [PARENT, lab, node]) {
      if (isUnified) delegate(group);
      const parent = group;
      group = join(group, part);
      mkdirSync(group, { recursive: true });
      inherit(parent, group);
    }
  }
}

/** Removes the groups of a lab, whose processes have ended. @returns true when nothing is left of them */
export function removeGroups(lab: string): boolean {
  for (const { path } of hierarchies()) {
    removeTree(join(path, PARENT, lab));
    try {
      rmdirSync(join(path, PARENT));
    } catch {
      // Other labs have their groups in it, or none had.
    }
  }
  return hierarchies().every(({ path }) => !existsSync(join(path, PARENT, lab)));
}

/** Groups have no other files than those of the kernel, which go with them. */
function removeTree(group: string): void {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(group, entry.name));
  }
  try {
    rmdirSync(group);
  } catch {
    // A process in it is still ending.
  }
}

/** A group of version 1 has no processors and no memory until somebody says which. */
function inherit(parent: string, group: string): void {
  for (const name of ["cpuset.cpus", "cpuset.mems"]) {
    const file = join(group, name);
    if (existsSync(file) && readFileSync(file, "utf8").trim() === "") {
      writeFileSync(file, readFileSync(join(parent, name)));
    }
  }
}

/** Version 2: children may use the controllers only when their parent hands them on. */
function delegate(group: string): void {
  const controllers = readFileSync(join(group, "cgroup.controllers"), "utf8").trim().split(/\s+/);
  for (const controller of controllers) {
    try {
      writeFileSync(join(group, "cgroup.subtree_control"), `+${controller}`);
    } catch {
      // Not every controller can be handed on; kubelet says which one it misses.
    }
  }
}

interface Hierarchy {
  readonly path: string;
  readonly isUnified: boolean;
}

/** Version 1 has a hierarchy for each controller, version 2 one for all; a machine may have both. */
function hierarchies(): Hierarchy[] {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return mounts.flatMap((line) => {
    const [, path = "", type] = line.split(" ");
    return type === "cgroup" || type === "cgroup2" ? [{ path, isUnified: type === "cgroup2" }] : [];
  });
}
