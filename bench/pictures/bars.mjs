/** Draws groups of bars as SVG, readable on light and dark pages. */

const WIDTH = 720;
const LABEL_WIDTH = 230;
const BAR = 18;
const GAP = 12;
const TOP = 44;
const FONT = 13;
/** The most times that a line of an interval may be longer than the longest bar. */
const WIDEST = 1.6;
/** The room for a number after the longest bar. */
const NUMBER_WIDTH = 110;

const STYLE = `
text { font: ${FONT}px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.quiet { fill: #59636e; font-size: 11px }
.s0 { fill: #0969da } .s1 { fill: #bf8700 } .s2 { fill: #8250df }
.line { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .quiet { fill: #9198a1 }
.s0 { fill: #4493f8 } .s1 { fill: #d29922 } .s2 { fill: #ab7df8 }
.line { stroke: #f0f6fc }
}`;

/**
 * @typedef {{ value: number, low: number, high: number }} Bar the ends of the interval, or NaN
 * @typedef {object} Chart
 * @property {string} title
 * @property {string} unit
 * @property {readonly string[]} groups
 * @property {readonly { name: string, bars: readonly (Bar | undefined)[] }[]} series
 * @property {readonly string[]} notes lines below the bars
 */

/** Returns the picture. A bar that is missing was not measured. @param {Chart} chart */
export function drawBars({ title, unit, groups, series, notes }) {
  const bars = series.flatMap((each) => each.bars).filter((bar) => bar !== undefined);
  const longest = Math.max(...bars.map(({ value }) => value));
  // The wide interval of one bar must not make all others short, so its line may end at the edge.
  const most = Math.min(WIDEST * longest, Math.max(longest, ...bars.map(({ high }) => high || 0)));
  const scale = (WIDTH - LABEL_WIDTH - NUMBER_WIDTH) / most;
  const names = series.filter(({ name }) => name !== '');
  const groupHeight = series.length * BAR + GAP;
  const top = TOP + (names.length > 0 ? 22 : 0);
  const height = top + groups.length * groupHeight + notes.length * 15 + 10;
  const body = [
    text(0, 18, title, 'title'),
    ...names.flatMap(({ name }, index) => {
      const x = LABEL_WIDTH + index * 170;
      return [`<rect class="s${index}" x="${x}" y="${TOP - 11}" width="11" height="11"/>`, text(x + 17, TOP - 1, name)];
    }),
    ...groups.flatMap((group, place) => {
      const y = top + place * groupHeight;
      return [
        text(LABEL_WIDTH - 10, y + (series.length * BAR) / 2 + 5, group, '', 'end'),
        ...series.flatMap((each, index) => drawBar(each.bars[place], index, y + index * BAR, { scale, most, unit })),
      ];
    }),
    ...notes.map((note, index) => text(0, height - (notes.length - index) * 15 + 6, note, 'quiet')),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}
</style>
${body.join('\n')}
</svg>
`;
}

/**
 * @param {Bar | undefined} bar
 * @param {number} series
 * @param {number} y
 * @param {{ scale: number, most: number, unit: string }} options
 */
function drawBar(bar, series, y, { scale, most, unit }) {
  if (bar === undefined) return [text(LABEL_WIDTH + 4, y + 13, 'not measured', 'quiet')];
  const { value, low, high } = bar;
  const width = round(value * scale);
  const hasInterval = low > 0 && high > 0;
  const highest = round(Math.min(most, high) * scale);
  const end = hasInterval ? Math.max(width, highest) : width;
  const middle = y + (BAR - 2) / 2;
  const line = `<path class="line" d="M${round(LABEL_WIDTH + low * scale)} ${middle}H${round(LABEL_WIDTH + highest)}"/>`;
  return [
    `<rect class="s${series}" x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR - 2}"/>`,
    ...(hasInterval ? [line] : []),
    text(LABEL_WIDTH + end + 6, y + 13, `${number(value)} ${unit}`.trim()),
  ];
}

/** @param {number} x @param {number} y @param {string} content @param {string} [kind] @param {string} [anchor] */
function text(x, y, content, kind, anchor) {
  const attributes = `${kind ? ` class="${kind}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`;
  return `<text x="${round(x)}" y="${round(y)}"${attributes}>${escaped(content)}</text>`;
}

/** @param {number} value */
function number(value) {
  return Number(value.toPrecision(value >= 100_000 ? 3 : 2)).toLocaleString('en', { maximumFractionDigits: 3 });
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}

/** @param {string} content */
function escaped(content) {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
