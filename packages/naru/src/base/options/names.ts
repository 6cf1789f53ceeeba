/** Unknown names of options: finds the real name that was probably meant, or warns. */

/** The most warnings to remember. Beyond that, no more are shown, because a program may generate names without end. */
const WARNINGS_MAX = 1_000;

const warned = new Set<string>();

/**
 * The ways to compare names, the most reliable first. `form` ignores case, or also a "Max", an "Ms" and a plural.
 * `edits` is the number of letters that may be wrong, missing, added or swapped with the next.
 */
const WAYS: readonly (readonly [form: (name: string) => string, edits: number])[] = [
  [lower, 0],
  [lower, 1],
  [keyOf, 0],
  [keyOf, 1],
  [lower, 2],
  [keyOf, 2],
];

/**
 * Returns the real name that an unknown one is close to. Names of eight letters or more may differ in two letters,
 * others in one.
 */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  for (const [form, edits] of WAYS) {
    const given = form(name);
    const real = names.find((each) => (edits < 2 || each.length >= 8) && isWithin(edits, given, form(each)));
    if (real !== undefined) return real;
  }
  return undefined;
}

/** Warns with `process.emitWarning`, or on the console if that does not exist. Each text is shown once. */
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

/** Whether at most `edits` edits of one letter turn `a` into `b`. */
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
