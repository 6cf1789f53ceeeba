/**
 * Every code block of README, docs and the READMEs of packages is checked somewhere. This file checks the languages
 * that examples.test.ts and the pages' own tests leave.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readArguments, usage } from '../../packages/cli/src/arguments.js';
import { describeWith, NGINX, PYTHON } from '../conformance/events/programs.js';
import { makeFolder } from '../kit/folders.js';
import { type Consumer, makeConsumer } from '../package/consumer.js';
import { readText } from '../tidy/source.js';
import { type Block, listBlocks, pages } from './pages.js';

const blocks = pages.flatMap((page) => listBlocks(page));

const listOf = (language: string): [string, Block][] =>
  blocks.filter((block) => block.language === language).map((block) => [block.where, block]);

/** The pages whose programs first-programs.test.ts puts together and runs. */
const RUN = new Set(['docs/getting-started.md', 'docs/games.md']);

/** The languages of blocks, and who checks them. A block without a language shows output. */
const CHECKED = {
  '': 'the tests of the pages compare output with what a program prints',
  ts: 'examples.test.ts compiles them',
  js: 'below',
  json: 'below',
  sh: 'below, and the tests of the pages run them',
  bash: 'below: programs of the shell itself, over several lines',
  python: 'below, and the tests of TCP and UDP run them',
  nginx: 'below',
  yaml: 'clusters.test.ts',
  ini: 'clusters.test.ts',
  conf: 'clusters.test.ts',
  go: 'test/conformance/tcp runs it',
  html: 'first-programs.test.ts opens it in Chromium',
  diff: 'test/types/documented compiles programs with this change',
  mermaid: 'a picture',
};

/**
 * Declarations that a fragment may take from its page: the server, a session of an HTTP/3 server, and packages that are
 * not installed here.
 */
const SURROUNDINGS = `
declare module '@fails-components/webtransport';
declare module 'react';
declare const io: import('naru').Server;
declare const session: import('@naru/webtransport').WebTransportSession;
`;

describe('the code blocks of README, docs and packages', () => {
  let project: Consumer;
  beforeAll(() => {
    project = makeConsumer([
      'socket.io',
      '@socket.io/redis-adapter',
      'socket.io-client',
      '@stomp/stompjs',
      'prom-client',
    ]);
  }, 60_000);
  afterAll(() => project?.remove());

  it('are in languages that a test checks', () => {
    expect(blocks.length).toBeGreaterThan(100);
    expect(blocks.filter(({ language }) => !(language in CHECKED)).map(({ where }) => where)).toEqual([]);
  });

  it('have the right types in JavaScript', () => {
    const files = Object.fromEntries(
      listOf('js')
        .filter(([, { page }]) => !RUN.has(page))
        .map(([where, { text }]) => [`${where.replace(/\W/g, '-')}.mjs`, text]),
    );
    const flags = ['--module', 'nodenext', '--allowJs', '--checkJs', '--noImplicitAny', 'false', '--skipLibCheck'];
    expect(project.check({ 'surroundings.d.ts': SURROUNDINGS, ...files }, flags)).toBe('');
  }, 60_000);

  it.each(listOf('json'))('parse: %s', (_where, { text }) => {
    expect(JSON.parse(text)).toBeTypeOf('object');
  });

  it.each(listOf('bash'))('are programs that a shell can read: %s', (_where, { text }) => {
    expect(() => execFileSync('sh', ['-n', '-c', text], { stdio: 'pipe' })).not.toThrow();
  });

  it.each(listOf('sh'))('name commands that exist: %s', (_where, { page, text }) => {
    for (const line of text.trim().split('\n')) expect(whyUnknown(line, page), line).toBeUndefined();
  });
});

describeWith(PYTHON, 'the code blocks in Python', () => {
  it.each(listOf('python'))('compile: %s', (_where, { text }) => {
    const code = 'import sys; compile(sys.stdin.read(), "block", "exec")';
    expect(execFileSync(PYTHON, ['-c', code], { input: text, encoding: 'utf8' })).toBe('');
  });
});

describeWith(NGINX, 'the code blocks for nginx', () => {
  it.each(listOf('nginx'))('are configurations: %s', (_where, { text }) => {
    const folder = makeFolder({});
    const file = join(folder, 'nginx.conf');
    const paths = ['pid', 'error_log'].map((name) => `${name} ${join(folder, name)};`).join('\n');
    const server = /^server /m.test(text) ? text : `server { listen 127.0.0.1:8080; ${text} }`;
    writeFileSync(file, `${paths}\nevents {}\nhttp { access_log off; ${server} }\n`);
    execFileSync(NGINX, ['-t', '-q', '-p', folder, '-c', file], { stdio: 'pipe' });
  });
});

/** Pages whose own tests type their lines of curl. */
const TYPED = new Set(['docs/events.md', 'docs/sse.md']);
/** Programs of others, with words that stand for themselves. */
const FOREIGN =
  /^(mkdir|cd|npm init|npm install (naru|@naru\/|--save-dev (esbuild|@naru\/))|npx esbuild|node server\.mjs$|printf|wstest) ?/;
/** Programs of the page on clusters, which clusters.test.ts looks at, and which the operator runs. */
const OPERATED = /^(redis-cli|redis-server|nats-server|systemctl|docker compose|cp|rm|tar) /;

/** Returns the error in a line of a shell, or undefined. */
function whyUnknown(line: string, page: string): string | undefined {
  // A reader runs the program with npx.
  const words = line
    .replace(/\s+#.*$/, '')
    .replace(/^((?:[A-Z_]+=\S+ )*)npx (?:@naru\/cli|naru)(?= |$)/, '$1naru')
    .split(' ');
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  const command = words.join(' ');
  const [program, verb = '', name = ''] = words;
  if (program === 'npm' && verb === 'run') return scripts().has(name) ? undefined : `no script ${name}`;
  if (program === 'npx' && verb === 'vitest')
    return existsSync(name === 'run' ? (words[3] ?? '') : name) ? undefined : 'no such test';
  if (program === 'naru') return whyNotNaru(command);
  if (program === 'curl' || (program === 'printf' && command.includes('curl')))
    return TYPED.has(page) ? undefined : 'no test types it';
  return FOREIGN.test(command) || (page === 'docs/clusters.md' && OPERATED.test(command))
    ? undefined
    : 'no test knows this program';
}

function scripts(): Set<string> {
  return new Set(Object.keys((JSON.parse(readText('package.json')) as { scripts: object }).scripts));
}

/** A line of usage stands in `naru --help`; any other is one that the program takes. */
function whyNotNaru(command: string): string | undefined {
  if (command.includes('<')) return usage.includes(command) ? undefined : 'naru --help says otherwise';
  const words = command.match(/'[^']*'|\S+/g)?.map((word) => word.replace(/^'(.*)'$/, '$1')) ?? [];
  const asked = readArguments(words.slice(1), {});
  return asked.type === 'mistake' ? asked.message : undefined;
}
