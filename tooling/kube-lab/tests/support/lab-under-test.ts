import { Lab } from "../../src/lab.ts";

/** The lab that `npm run kube-lab -- test` has started; this process is in the network of its clients. */
export function labUnderTest(): Lab {
  const name = process.env["DTLS_KUBE_LAB"];
  if (name === undefined) throw new Error("start these tests by npm run kube-lab -- test");
  return Lab.open(name);
}
