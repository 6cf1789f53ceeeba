/** Runs the Python client of the interop tests against a server. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Mode } from './harness.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('client_peer.py', import.meta.url));

export type Kind = 'sync' | 'asyncio';

/** Returns why the Python peer cannot run here, or `undefined`. */
export function whyNoPython(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import socketio, requests, websocket, aiohttp'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `python3-socketio does not run here (apt-get install python3-socketio python3-websocket python3-aiohttp): ${String(error)}`;
  }
}

/** Whether a missing peer is a failure. */
export const isPeerRequired = process.env.NARU_REQUIRE_PEERS === '1';

/** Runs one scenario and returns its output. Rejects with its error output when it fails. */
export function runPython(url: string, kind: Kind, mode: Mode, scenario: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    execFile(PYTHON, [SCRIPT, url, kind, mode, scenario], { timeout: 40_000 }, (error, stdout, stderr) => {
      if (error) reject(new TypeError(`${scenario} failed: ${error.message}\n${stderr}\n${stdout}`));
      else resolve(JSON.parse(stdout) as Record<string, unknown>);
    });
  });
}
