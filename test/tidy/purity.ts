/** Checks the purity of the lower folders: pure codecs, a client without Node, time and randomness in one place. */
import type { Node } from 'oxc-parser';
import { listImports, packageIn } from './imports.js';
import { type Finding, finding, type Rule, type Source, walk } from './source.js';

const timers: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'requestAnimationFrame',
]);

/** A codec takes data and returns packets. It does not use node: modules, packages, timers, clocks or emitters. */
export const holdPureProtocol: Rule = (source) => {
  if (!/^packages\/\w+\/src\/protocol\//.test(source.path)) return [];
  const imports = listImports(source)
    .filter(
      ({ path, specifier }) =>
        (path === undefined && !/^naru\/(base|protocol)$/.test(specifier)) ||
        /^packages\/naru\/src\/base\/(clock|emitter|deadlines)/.test(path ?? ''),
    )
    .map(({ specifier, offset }) => finding(source, offset, `protocol is pure and must not import ${specifier}`));
  const uses: Finding[] = [];
  walk(source.program, (node, parent) => {
    if (node.type !== 'Identifier' || isKey(node, parent)) return;
    if (timers.has(node.name) || node.name === 'Buffer' || node.name === 'process') {
      uses.push(finding(source, node.start, `protocol is pure and must not use ${node.name}`));
    }
  });
  return [...imports, ...uses];
};

/** Whether an identifier names a property rather than a variable. */
function isKey(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return false;
  if (parent.type === 'MemberExpression') return parent.property === node && !parent.computed;
  return 'key' in parent && parent.key === node && !('computed' in parent && parent.computed === true);
}

/** No module that the browser's client reaches imports a node: module or a package. */
export const holdBrowserFree: Rule = (source, all) => {
  if (!/^packages\/naru\/src\/client\/browser[^/]*\.ts$/.test(source.path)) return [];
  const seen = new Set<string>([source.path]);
  const findings: Finding[] = [];
  for (const path of seen) {
    const reached = all.get(path);
    if (reached === undefined) continue;
    for (const each of listImports(reached)) {
      if (each.path !== undefined) seen.add(each.path);
      else
        findings.push(finding(reached, each.offset, `${source.path} reaches ${each.specifier}, which no browser has`));
    }
  }
  return findings;
};

/**
 * Time comes from base/clock and randomness from base/id (or base/jitter), so that everything else can run in a
 * simulator.
 */
export const holdOneClock: Rule = (source) => {
  if (/^packages\/(naru\/src\/base\/(clock|id|jitter)\.ts|cli\/)/.test(source.path)) return [];
  const findings: Finding[] = [];
  walk(source.program, (node, parent) => {
    const name = readSource(node, parent);
    if (name !== undefined)
      findings.push(finding(source, node.start, `${name}: take time from base/clock and chance from base/id`));
  });
  return findings;
};

/**
 * The server of an app takes time as an argument, and only its `main.ts` gets it from Node, so that tests can move the
 * clock. `setImmediate` is order rather than time.
 */
export const holdAppClock: Rule = (source) => {
  if (!/^apps\/\w+\/server\//.test(source.path) || source.path.endsWith('/main.ts')) return [];
  const findings: Finding[] = [];
  walk(source.program, (node, parent) => {
    const name = readSource(node, parent);
    if (name !== undefined && name !== 'setImmediate')
      findings.push(finding(source, node.start, `${name}: take the time that main.ts hands over`));
  });
  return findings;
};

function readSource(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === 'Identifier' && timers.has(node.name) && node.name !== 'queueMicrotask' && !isKey(node, parent)) {
    return isTyped(parent) ? undefined : node.name;
  }
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier' || node.property.type !== 'Identifier') {
    return undefined;
  }
  const name = `${node.object.name}.${node.property.name}`;
  return ['Date.now', 'performance.now', 'Math.random', 'crypto.getRandomValues'].includes(name) ? name : undefined;
}

/** Whether the identifier is in a type, such as `typeof setTimeout`. */
function isTyped(parent: Node | undefined): boolean {
  return parent?.type.startsWith('TS') === true;
}

/** Whether a specifier names a package of the repository. */
const isOwn = (specifier: string): boolean => /^(naru|@naru)(\/|$)/.test(specifier);

/** Each package of others that the published code needs is imported in exactly one file. */
export function holdOneImporter(all: ReadonlyMap<string, Source>): Finding[] {
  const importers = new Map<string, Finding[]>();
  for (const source of all.values()) {
    for (const { path, specifier, offset, isType } of listImports(source)) {
      if (isType || path !== undefined || specifier.startsWith('node:') || isOwn(specifier)) continue;
      const name = packageIn(specifier);
      const found = finding(source, offset, `${name} is imported in more than one file`);
      importers.set(name, [...(importers.get(name) ?? []), found]);
    }
  }
  return [...importers.values()].filter((each) => each.length > 1).flat();
}
