import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InstalledProgram } from "../installed-program.ts";
import { InteropError } from "../interop-error.ts";
import { PeerProcess } from "../peer-process.ts";

/** The releases of Californium that the programs are built with. */
export const californiumReleases = [
  { generation: "v4", version: "4.0.0-M6", stateVersion: 5 },
  { generation: "v3", version: "3.14.0", stateVersion: 4 },
] as const;

export type CaliforniumRelease = (typeof californiumReleases)[number];

const project = fileURLToPath(new URL("../../californium", import.meta.url));
const jdkPackage = "openjdk-17-jdk-headless";
const needed = [
  new InstalledProgram("java", jdkPackage),
  new InstalledProgram("javac", jdkPackage),
  new InstalledProgram("mvn", "maven"),
];
const BUILD_MS = 300_000;

/** Whether the programs can be built and run; says once why not. */
export function hasJavaTools(): boolean {
  return needed.every((program) => program.isInstalled);
}

/** Builds the programs for one release, unless that is done. @throws InteropError with Maven's output */
export async function buildCalifornium({ generation }: CaliforniumRelease): Promise<void> {
  const stamp = join(project, "target", generation, "built-from");
  const sources = hashOfSources();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  const maven = new PeerProcess("mvn", ["-q", "-B", "-f", project, "-P", generation, "package"]);
  if ((await maven.waitForEnd(BUILD_MS)) !== 0) throw new InteropError(maven.output);
  writeFileSync(stamp, sources);
}

/** The command line of a program of the project, for a release that was built. */
export function javaCommand(
  { generation }: CaliforniumRelease,
  program: string,
  args: readonly string[],
  virtualMachine: readonly string[] = QUICK_START,
): readonly string[] {
  const target = join(project, "target", generation);
  return [
    ...virtualMachine,
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
    ...["-cp", `${join(target, "classes")}:${join(target, "lib")}/*`],
    `org.dtlscluster.interop.${program}`,
    ...args,
  ];
}

/** For processes that live some seconds: little optimising, one thread for the garbage. */
const QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss256k"];

function hashOfSources(): string {
  const hash = createHash("sha256").update(readFileSync(join(project, "pom.xml")));
  const entries = readdirSync(join(project, "src"), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      return join(parentPath, name);
    });
  for (const file of files.sort()) hash.update(file).update(readFileSync(file));
  return hash.digest("hex");
}
