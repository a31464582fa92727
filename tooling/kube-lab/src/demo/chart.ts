/** What happened in one second of the load. */
export interface ChartSecond {
  readonly requests: number;
  readonly retransmissions: number;
}

/** A time that is shaded and named, in seconds from the start of the load. */
export interface ChartPhase {
  readonly title: string;
  readonly from: number;
  readonly to: number;
  /** Moments in it, as lines. */
  readonly marks: readonly { readonly title: string; readonly at: number }[];
}

export interface Chart {
  readonly title: string;
  /** Lines below the title. */
  readonly details: readonly string[];
  readonly seconds: readonly ChartSecond[];
  readonly phases: readonly ChartPhase[];
}

const WIDTH = 1000;
const HEIGHT = 580;
const LEFT = 80;
const RIGHT = WIDTH - 30;
/** Where the two panels begin and end. */
const REQUESTS = { top: 144, bottom: 344 } as const;
const REPEATS = { top: 404, bottom: 524 } as const;
const COLORS = {
  text: "#24292f",
  faint: "#6e7781",
  grid: "#d8dee4",
  phase: "#ddf4ff",
  mark: "#0969da",
  requests: "#1a7f37",
  repeats: "#cf222e",
} as const;
/** The scale of retransmissions never shows less than this percentage: what is drawn large must be large. */
const LEAST_PERCENT = 1;
/** Room above the line of requests, so that it never runs along the top of its panel. */
const HEADROOM = 1.05;

/** Draws requests per second and retransmissions over time as SVG. */
export function drawChart({ title, details, seconds, phases }: Chart): string {
  const span = Math.max(1, seconds.length);
  const x = (second: number): number => LEFT + ((RIGHT - LEFT) * Math.min(second, span)) / span;
  const percents = seconds.map(({ requests, retransmissions }) =>
    requests === 0 ? (retransmissions > 0 ? 100 : 0) : (100 * retransmissions) / requests,
  );
  const most = niceCeiling(HEADROOM * Math.max(1, ...seconds.map(({ requests }) => requests)));
  const mostPercent = niceCeiling(Math.max(LEAST_PERCENT, ...percents));
  const parts = [
    text(LEFT, 32, title, { size: 20, weight: "bold" }),
    ...details.map((detail, i) => text(LEFT, 56 + 19 * i, detail, { color: COLORS.faint })),
    ...phases.flatMap((phase) => drawPhase(phase, x)),
    ...drawScale(REQUESTS, most, "requests per second", (value) => value.toLocaleString("en")),
    line(seconds.map(({ requests }, i) => [x(i + 0.5), height(REQUESTS, requests / most)])),
    ...drawScale(REPEATS, mostPercent, "retransmissions, % of first transmissions", String),
    ...percents.map((percent, i) => bar(x(i), x(i + 1), height(REPEATS, percent / mostPercent))),
    ...drawTime(span, x),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${parts.filter((part) => part !== "").join("\n")}
</svg>
`;
}

type Panel = { readonly top: number; readonly bottom: number };

function height({ top, bottom }: Panel, share: number): number {
  return bottom - (bottom - top) * share;
}

/** A round number, at least `value` and not much more. */
export function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor =
    [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((candidate) => candidate * power >= value) ?? 10;
  return factor * power;
}

function drawPhase(
  { title, from, to, marks }: ChartPhase,
  x: (second: number) => number,
): string[] {
  const left = x(from);
  const width = Math.max(1, x(to) - left);
  return [
    `<rect x="${round(left)}" y="${REQUESTS.top - 24}" width="${round(width)}" height="${REPEATS.bottom - REQUESTS.top + 24}" fill="${COLORS.phase}"/>`,
    text(left + 6, REQUESTS.top - 8, title, { size: 13, weight: "bold" }),
    ...marks.flatMap(({ title: name, at }, i) => [
      // In each panel, not between them: there is the heading of the second.
      ...[REQUESTS, REPEATS].map(
        ({ top, bottom }) =>
          `<line x1="${round(x(at))}" x2="${round(x(at))}" y1="${top}" y2="${bottom}" stroke="${COLORS.mark}" stroke-dasharray="4 3"/>`,
      ),
      text(x(at) + 5, REQUESTS.bottom + 16 + 14 * i, name, { size: 11, color: COLORS.mark }),
    ]),
  ];
}

function drawScale(
  panel: Panel,
  most: number,
  title: string,
  tell: (value: number) => string,
): string[] {
  const steps = [0, 0.5, 1];
  return [
    text(LEFT, panel.top - (panel === REPEATS ? 10 : 30), title, { size: 13, color: COLORS.faint }),
    ...steps.map((share) => {
      const y = round(height(panel, share));
      return `<line x1="${LEFT}" x2="${RIGHT}" y1="${y}" y2="${y}" stroke="${COLORS.grid}"/>${text(LEFT - 8, y + 4, tell(most * share), { size: 12, color: COLORS.faint, anchor: "end" })}`;
    }),
  ];
}

/** Seconds between two labels. */
const TIME_STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600] as const;

function drawTime(span: number, x: (second: number) => number): string[] {
  const step = TIME_STEPS.find((candidate) => candidate >= span / 12) ?? span;
  const labels: string[] = [];
  for (let second = 0; second <= span; second += step) {
    const color = COLORS.faint;
    labels.push(
      text(x(second), REPEATS.bottom + 20, `${second} s`, { size: 12, color, anchor: "middle" }),
    );
  }
  return labels;
}

function line(points: readonly (readonly [number, number])[]): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  return `<polyline points="${path}" fill="none" stroke="${COLORS.requests}" stroke-width="2"/>`;
}

function bar(from: number, to: number, top: number): string {
  if (top >= REPEATS.bottom) return "";
  const width = round(Math.max(1.5, to - from - 0.5));
  return `<rect x="${round(from)}" y="${round(top)}" width="${width}" height="${round(REPEATS.bottom - top)}" fill="${COLORS.repeats}"/>`;
}

interface TextStyle {
  readonly size?: number;
  readonly weight?: string;
  readonly color?: string;
  readonly anchor?: string;
}

function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 14, weight = "normal", color = COLORS.text, anchor = "start" } = style;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}">${markup(content)}</text>`;
}

const markup = (content: string): string =>
  content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const round = (value: number): number => Math.round(value * 10) / 10;
