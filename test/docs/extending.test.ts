/** The lists of docs/extending.md name all that the entries for authors export, and nothing else. */
import { expect, it } from 'vitest';
import { readText } from '../tidy/source.js';

const page = readText('docs/extending.md');

/** The names that the files of an entry re-export. */
function exportsOf(...files: readonly string[]): string[] {
  const lists = files.flatMap((file) => [
    ...readText(`packages/naru/src/entry/${file}`).matchAll(/export (?:type )?\{([^}]*)\}/g),
  ]);
  const names = lists.flatMap(([, list = '']) => list.split(','));
  return names.map((name) => name.replace(/^\s*(type )?(\w+ as )?/, '').trim()).filter((name) => name !== '');
}

/** The names in the tables below the heading of an entry. */
function namesBelow(entry: string): string[] {
  const [, section = ''] = page.split(`### \`${entry}\`\n`);
  return [...(section.split('\n##')[0] ?? '').matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

it.each([
  ['naru/base', ['base.ts', 'base.browser.ts']],
  ['naru/protocol', ['protocol.ts']],
  ['naru/backplane', ['backplane.ts']],
  ['naru/wire', ['wire.ts']],
  ['naru/client/wire', ['client/wire.ts']],
  ['naru/server/explain', ['server/explain.ts']],
])('docs/extending.md lists the exports of %s', (entry, files) => {
  expect(namesBelow(entry).sort()).toEqual([...new Set(exportsOf(...files))].sort());
});
