import { beforeAll, describe } from "vitest";
import {
  buildCalifornium,
  type CaliforniumRelease,
  californiumReleases,
  hasJavaTools,
} from "../../src/index.ts";

const BUILD_MS = 320_000;

/** The same tests with each release of Californium; skipped, with the reason, on a machine without a JDK. */
export function describeReleases(
  name: string,
  tests: (release: CaliforniumRelease) => void,
  releases: readonly CaliforniumRelease[] = californiumReleases,
): void {
  const isPossible = hasJavaTools();
  for (const release of releases) {
    describe.skipIf(!isPossible)(`${name}, Californium ${release.version}`, () => {
      beforeAll(() => buildCalifornium(release), BUILD_MS);
      tests(release);
    });
  }
}

/** Suites with ECDHE_PSK that both releases have, beside those of `pskSuites`: IANA name and number. */
export const ephemeralPskSuites = [
  { name: "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", id: 0xd001 },
  { name: "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", id: 0xd003 },
] as const;
