// Sums what .ci/run left: one report for each vitest run, one line for each step. A step without a
// report of tests counts as one test by its exit code; a run that died without a report has failed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const steps = readFileSync(join(folder, "steps"), "utf8").trim().split("\n");
let passed = 0;
let failed = 0;
let skipped = 0;

console.log("\nstep           seconds  result");
for (const step of steps) {
  const [name, code, seconds] = step.split(" ");
  const report = readReport(join(folder, `${name}.json`));
  let result;
  if (report !== undefined) {
    const broken = report.testResults.filter(
      (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
    ).length;
    const failures = report.numFailedTests + broken;
    // A run may fail apart from its tests, by an error that no test caught.
    const extra = failures === 0 && code !== "0" ? 1 : 0;
    passed += report.numPassedTests;
    failed += failures + extra;
    skipped += report.numPendingTests + report.numTodoTests;
    const reason = report.skippedBecause === undefined ? "" : `: ${report.skippedBecause}`;
    result = `${report.numPassedTests} passed, ${failures + extra} failed, ${report.numPendingTests} skipped${reason}`;
  } else {
    if (code === "0") passed += 1;
    else failed += 1;
    result = code === "0" ? "passed" : `failed with exit code ${code}`;
  }
  console.log(`${name.padEnd(14)} ${seconds.padStart(7)}  ${result}`);
}
console.log(skipped === 0 ? "" : `${skipped} skipped; each says why above`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

/** Undefined when the run wrote none, or was killed while it wrote. */
function readReport(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
