// needs: modules
import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { makeFolder } from '../../../test/kit/folders.js';
import { build, follow } from '../../../test/kit/programs/naru.js';

beforeAll(build);

const main = fileURLToPath(new URL('../dist/esm/main.js', import.meta.url));

/**
 * Serves an app as users do: with a tool of npm, in a project that has the package. Resolves with the process of the
 * program.
 */
async function serveBy(tool: string, args: readonly string[], workers: string) {
  const scripts = { start: `naru serve ./app.cjs --workers ${workers}` };
  const project = makeFolder({
    'package.json': JSON.stringify({ name: 'project', private: true, scripts }),
    'app.cjs': `exports.app = (io, { log }) => log('process ' + (process.env.NARU_WORKER_FOLDER ? process.ppid : process.pid));`,
    'node_modules/.bin/.keep': '',
  });
  symlinkSync(main, join(project, 'node_modules/.bin/naru'));
  const { PATH } = process.env;
  const own = {
    npm_config_cache: join(project, 'cache'),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
  const child = spawn(tool, args, {
    cwd: project,
    env: { PATH, HOME: project, HOST: '127.0.0.1', PORT: '0', ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const npm = follow(child);
  const [, pid] = await npm.waitFor(/^process (\d+)$/m);
  onTestFinished(() => {
    child.kill('SIGKILL');
    if (isThere(Number(pid))) process.kill(Number(pid), 'SIGKILL');
  });
  await npm.waitFor(/^Press Ctrl-C/m);
  return { npm, pid: Number(pid) };
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const TOOLS = [
  ['npx', ['naru', 'serve', './app.cjs', '--workers', '2']],
  ['npm', ['exec', '--', 'naru', 'serve', './app.cjs', '--workers', '2']],
  ['npm', ['start']],
] as const;

describe.skipIf(process.platform === 'win32')('a program that npm has started', () => {
  it.each(TOOLS)('ends with %s %j on SIGTERM', async (tool, args) => {
    const { npm, pid } = await serveBy(tool, args, '2');
    npm.child.kill('SIGTERM');
    await npm.ended;
    await expect.poll(() => isThere(pid)).toBe(false);
  });

  it.each(['SIGHUP', 'SIGKILL'] as const)('ends when %s has ended npx, and leaves its port', async (signal) => {
    const { npm, pid } = await serveBy('npx', ['naru', 'serve', './app.cjs'], '');
    npm.child.kill(signal);
    await expect.poll(() => isThere(pid)).toBe(false);
  });

  it('reloads its workers on SIGHUP to the process that it names, and npx stays', async () => {
    const { npm, pid } = await serveBy(...TOOLS[0], '2');
    await npm.waitFor(new RegExp(`^SIGHUP to process ${pid} reloads them\\.$`, 'm'));
    process.kill(pid, 'SIGHUP');
    await npm.waitFor(/^Reload: all workers run the new code\.$/m);
    expect(npm.child.exitCode).toBe(null);
  });
});
