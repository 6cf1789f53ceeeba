/** Programs as in Socket.IO's documentation, which must compile with only their imports changed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Consumer, makeConsumer } from './consumer.js';

const folder = fileURLToPath(new URL('programs', import.meta.url));
const programs = Object.fromEntries(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
);
const packages = ['socket.io', 'socket.io-client', '@types/express', '@types/express-session'];
let project: Consumer;

beforeAll(() => {
  project = makeConsumer(packages);
}, 120_000);
afterAll(() => project?.remove());

const changeImports = (text: string): string =>
  text.replaceAll("from 'socket.io'", "from 'naru'").replaceAll("from 'socket.io-client'", "from 'naru/client'");

const check = (files: Record<string, string>): string =>
  project.check(files, ['--module', 'nodenext', '--skipLibCheck', 'false', '--noUncheckedIndexedAccess']);

// Each test runs the compiler, which takes long on a busy machine.
describe("programs of Socket.IO's documentation", { timeout: 120_000 }, () => {
  it('compile with Socket.IO', () => {
    expect(check(programs)).toBe('');
  });

  it('compile with Naru when their imports are changed', () => {
    const changed = Object.fromEntries(Object.entries(programs).map(([name, text]) => [name, changeImports(text)]));
    expect(Object.values(changed).join()).not.toContain("'socket.io");
    expect(check(changed)).toBe('');
  });
});
