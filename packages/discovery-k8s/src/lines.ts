/** A pod has some kilobytes; the API stores objects of at most 1.5 MB. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;

/** The lines of a stream without the empty ones. Ends with undefined at a line that is too long. */
export async function* readLines(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      const line = Buffer.concat(parts).toString("utf8").trim();
      parts = [];
      size = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    parts.push(chunk.subarray(start));
    size += chunk.length - start;
    if (size > MAX_LINE_BYTES) {
      yield undefined;
      return;
    }
  }
}
