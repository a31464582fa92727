import type { LabHost } from "./lab-host.ts";

/** What kubelet wants to set for the whole machine. It gets files of its own to write to. */
const KERNEL_SETTINGS = {
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/keys/root_maxbytes": 25_000_000,
} as const;

/**
 * Gives a host an empty /run, /var/lib and /var/log in memory, and hides the kernel settings of the machine.
 * Nothing that Kubernetes, containerd and runc write there touches the machine's disks, or outlives the lab.
 * @param labFolder stays where it is for the host, with what is in it. @throws LabError
 */
export async function makeFilesPrivate(host: LabHost, labFolder: string): Promise<void> {
  const tmpfs = (path: string): string => `mount -t tmpfs -o mode=755 tmpfs ${path}`;
  const settings = Object.entries(KERNEL_SETTINGS).flatMap(([name, value]) => {
    const file = `/run/kernel-settings/${name.replaceAll("/", ".")}`;
    return [`echo ${value} > ${file}`, `mount --bind ${file} /proc/sys/${name}`];
  });
  await host.script([
    tmpfs("/mnt"),
    "mkdir /mnt/lab",
    `mount --bind ${labFolder} /mnt/lab`,
    tmpfs("/run"),
    `mkdir -p ${labFolder} /run/kernel-settings`,
    `mount --move /mnt/lab ${labFolder}`,
    "umount /mnt",
    tmpfs("/var/lib"),
    tmpfs("/var/log"),
    ...settings,
  ]);
}
