import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Binaries } from "../binaries.ts";
import { PAUSE_IMAGE } from "../cluster/node-files.ts";
import { writeImageArchive } from "./archive.ts";

/** The archive of the image whose only program keeps the namespaces of a pod; made when it is not there. @throws LabError */
export async function pauseImage(binaries: Binaries): Promise<string> {
  const archive = binaries.path("pause.tar");
  if (existsSync(archive)) return archive;
  const files = mkdtempSync(join(tmpdir(), "kube-lab-pause-"));
  try {
    copyFileSync(binaries.path("pause"), join(files, "pause"));
    await writeImageArchive(archive, PAUSE_IMAGE, files, {
      Entrypoint: ["/pause"],
      User: "65535:65535",
    });
  } finally {
    rmSync(files, { recursive: true, force: true });
  }
  return archive;
}
