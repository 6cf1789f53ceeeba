import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transportContract } from '../../../packages/testing/src/contracts/transport-contract.js';
import { root } from '../../tidy/source.js';
import { SUBJECTS } from './subjects.js';
import { fill, promises, runAll, tableOf } from './table.js';

const PATH = join(root, 'docs/transports.md');

describe.each(Object.entries(SUBJECTS))('the contract of transports is kept by %s', (_wire, open) => {
  for (const { name, run } of transportContract(open)) it(name, async () => void (await run()));
});

it('the table of docs/transports.md matches the contract (otherwise run: npm run docs)', {
  timeout: 60_000,
}, async () => {
  const document = readFileSync(PATH, 'utf8');
  const filled = fill(document, [await promises(), tableOf(await runAll())].join('\n\n'));
  if (process.env.NARU_WRITE_DOCS === '1') writeFileSync(PATH, filled);
  else expect(document).toBe(filled);
});
