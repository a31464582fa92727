import { onTestFinished } from "vitest";

interface Stoppable {
  stop(): Promise<void>;
}

/** Stops `resource` when the running test is over, whatever its end. Not for concurrent tests. */
export function keep<T extends Stoppable>(resource: T): T {
  return keeper(onTestFinished)(resource);
}

/** The same for concurrent tests, which have to say who they are: by `onTestFinished` of their context. */
export function keeper(
  atTheEnd: (stop: () => Promise<void>) => void,
): <T extends Stoppable>(resource: T) => T {
  return (resource) => {
    atTheEnd(() => resource.stop());
    return resource;
  };
}
