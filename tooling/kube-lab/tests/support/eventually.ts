/** Asks until the answer is there. @throws with the title and the last failure when it takes longer than `withinMs` */
export async function eventually<T>(
  title: string,
  withinMs: number,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let failure: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`not within ${withinMs / 1000} s: ${title}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
