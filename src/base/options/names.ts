/** Unknown names of options: which real name was meant, and a warning where none was. */

/** Bound of what is remembered, for a program that makes up names without end. */
const WARNINGS_MAX = 1_000;

const warned = new Set<string>();

/**
 * The ways to compare names, the surest first: as they are written but for case, or without a "Max", an "Ms" and a plural, each with so many
 * letters that may be wrong, missing, too many or swapped with the next.
 */
const WAYS: readonly (readonly [form: (name: string) => string, edits: number])[] = [
  [lower, 0],
  [lower, 1],
  [keyOf, 0],
  [keyOf, 1],
  [lower, 2],
  [keyOf, 2],
];

/** The real name that an unknown one is close to. Two letters may differ in names of eight letters or more. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  for (const [form, edits] of WAYS) {
    const given = form(name);
    const real = names.find((each) => (edits < 2 || each.length >= 8) && isWithin(edits, given, form(each)));
    if (real !== undefined) return real;
  }
  return undefined;
}

/** Warns by `process.emitWarning`, or on the console where there is none. The same text is said once. */
export function warnOnce(text: string): void {
  if (warned.has(text) || warned.size >= WARNINGS_MAX) return;
  warned.add(text);
  if (typeof globalThis.process?.emitWarning === 'function')
    globalThis.process.emitWarning(text, { code: 'NARU_UNKNOWN_OPTION' });
  else console.warn(text);
}

function lower(name: string): string {
  return name.toLowerCase();
}

function keyOf(name: string): string {
  const key = lower(name).replace(/max|ms$|[^a-z\d]/g, '');
  return key.replace(/s$/, '') || lower(name);
}

/** Whether so many edits of one letter make `b` of `a`. */
function isWithin(edits: number, a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  const [x, y] = [a.slice(start), b.slice(start)];
  if (x === '' && y === '') return true;
  if (edits === 0) return false;
  const isSwap = x.length > 1 && x[0] === y[1] && x[1] === y[0];
  const ways = [
    [x.slice(1), y],
    [x, y.slice(1)],
    [x.slice(1), y.slice(1)],
    ...(isSwap ? [[x.slice(2), y.slice(2)]] : []),
  ];
  return ways.some(([rest = '', other = '']) => isWithin(edits - 1, rest, other));
}
