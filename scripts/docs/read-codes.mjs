// Reads the registry of error codes, with the cause and the remedy of each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The registry, and the heading of each of its types in docs/errors.md. */
export const REGISTRY = 'packages/naru/src/base/errors.ts';
const HEADINGS = {
  ProtocolErrorCode: 'protocol',
  ConfigErrorCode: 'config',
  UnavailableErrorCode: 'unavailable',
  RefusalCode: 'refusals',
  WarningCode: 'warnings',
};

/** Returns the codes of each table of docs/errors.md: `{ code, cause, fix }`. */
export function readCodes(root) {
  const source = readFileSync(join(root, REGISTRY), 'utf8');
  return Object.fromEntries(Object.entries(HEADINGS).map(([type, name]) => [name, codesOf(source, type)]));
}

function codesOf(source, type) {
  const [, union = ''] = source.split(`export type ${type} =`);
  const body = union.slice(0, union.indexOf(';\n'));
  return [...body.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*\| '([A-Z0-9_]+)'/g)].map(([, comment, code]) => {
    const [cause = '', fix = ''] = comment
      .replace(/^\s*\*/gm, '')
      .replace(/\s+/g, ' ')
      .split('@fix');
    return { code, cause: cause.trim(), fix: fix.trim() };
  });
}

/** Returns the table of these codes. */
export function codeTable(codes) {
  const rows = codes.map(({ code, cause, fix }) => `| \`${code}\` | ${cause} | ${fix} |`);
  return ['| Code | Cause | What to do |', '|---|---|---|', ...rows].join('\n');
}
