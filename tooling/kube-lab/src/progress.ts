/** Tells on standard error what takes longer than two seconds, and that it goes on. */
export async function withProgress<T>(title: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const seconds = (): string => ((performance.now() - startedAt) / 1000).toFixed(0);
  let isShown = false;
  const show = (): void => {
    console.error(isShown ? `${title}: ${seconds()} s` : `${title} ...`);
    isShown = true;
  };
  const first = setTimeout(show, 2000);
  const next = setInterval(show, 15_000);
  try {
    return await work();
  } finally {
    clearTimeout(first);
    clearInterval(next);
    if (isShown) console.error(`${title}: ${seconds()} s`);
  }
}
