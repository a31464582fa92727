import { ClientSpecification } from "./client-specification.ts";
import { ClientUnderTest } from "./client-under-test.ts";
import { ServerSpecification } from "./server-specification.ts";
import { ServerUnderTest } from "./server-under-test.ts";
import type { Role } from "./system.ts";

/** Symbols whose names end in 0 and 1 come in that epoch; all others but Finished and records of a CID are in the clear. */
const inBothRoles = [
  "ccs",
  "finished",
  "finished-wrong",
  "finished-early",
  "data-0",
  "data-1",
  "close-0",
  "close-1",
  "fatal-0",
  "fatal-1",
  "hello-1",
  "hello-request-0",
  "other-cid",
  "no-cid",
];

export const roles: readonly Role[] = [
  {
    name: "server",
    alphabet: [
      "hello",
      "hello-cookie",
      "hello-other",
      "key-exchange",
      "key-exchange-unknown",
      "server-hello",
      ...inBothRoles,
    ],
    drawn: ["hello", "hello-cookie", "key-exchange", "key-exchange-unknown", "ccs"],
    endings: [
      ["ccs", "key-exchange"],
      ["hello-cookie", "key-exchange", "ccs", "finished"],
      ["key-exchange", "ccs", "finished"],
      ["ccs", "finished"],
    ],
    engine: () => new ServerUnderTest(),
    specification: () => new ServerSpecification(),
  },
  {
    name: "client",
    alphabet: [
      "hello-verify",
      "server-hello",
      "certificate",
      "done",
      "client-hello",
      ...inBothRoles,
    ],
    drawn: ["server-hello", "certificate", "done", "ccs"],
    endings: [
      ["server-hello", "done", "ccs", "finished"],
      ["server-hello", "ccs", "finished"],
      ["done", "ccs", "finished"],
      ["hello-verify", "server-hello"],
      ["done", "ccs"],
      ["ccs", "finished"],
    ],
    engine: () => new ClientUnderTest(),
    specification: () => new ClientSpecification(),
  },
];
