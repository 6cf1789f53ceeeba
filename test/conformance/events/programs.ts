/** Programs by others that speak HTTP, and the command that installs a missing one. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it, onTestFinished } from 'vitest';

const isRequired = process.env.NARU_REQUIRE_PEERS === '1';

/**
 * A `describe` that runs if the program is installed. Otherwise it names the command that installs it, and fails if all
 * peers are required.
 */
export function describeWith(program: string, name: string, tests: () => void): void {
  const isThere = existsSync(program);
  // Debian starts these as services when they are installed, so they are never required.
  const isService = [NGINX, HAPROXY, PROMETHEUS, PROMTOOL].includes(program);
  if (isThere || (isRequired && !isService)) describe(name, tests);
  else
    describe(name, () =>
      it.skip(`${program} is missing: apt-get install ${PACKAGES[program] ?? program}`, () => undefined),
    );
}

export const CHROMIUM = '/usr/bin/chromium';
export const CURL = '/usr/bin/curl';
export const HAPROXY = '/usr/sbin/haproxy';
export const NGINX = '/usr/sbin/nginx';
export const PROMETHEUS = '/usr/bin/prometheus';
export const PROMTOOL = '/usr/bin/promtool';
export const PYTHON = '/usr/bin/python3';

const PACKAGES: Readonly<Record<string, string>> = {
  [CHROMIUM]: 'chromium',
  [CURL]: 'curl',
  [HAPROXY]: 'haproxy',
  [NGINX]: 'nginx-light',
  [PROMETHEUS]: 'prometheus',
  [PROMTOOL]: 'prometheus',
  [PYTHON]: 'python3',
};

/** Starts a program that keeps running while the test reads its output. */
export function start(program: string, args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said += String(chunk);
    });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, said: () => said };
}

/** Returns the output of a program, whatever its exit code. */
export function run(program: string, args: readonly string[], input?: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 20_000 }, (_error, stdout, stderr) => resolve(stdout + stderr));
    child.stdin?.end(input);
  });
}
