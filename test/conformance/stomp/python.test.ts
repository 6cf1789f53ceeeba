/** Debian's python3-stomp against our server, over TCP, in the three versions. */
import { execFile, execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StompServer, serve } from './harness.js';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('stomp_peer.py', import.meta.url));
const VERSIONS = ['1.0', '1.1', '1.2'] as const;

/** Whether a missing peer is a failure. */
const isPeerRequired = process.env.NARU_REQUIRE_PEERS === '1';
const missing = whyMissing();
if (missing && !isPeerRequired) console.warn(`SKIPPED: all tests with python3-stomp. ${missing}`);

function whyMissing(): string | undefined {
  try {
    execFileSync(PYTHON, ['-c', 'import stomp'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `it does not run here (apt-get install python3-stomp): ${String(error)}`;
  }
}

let server: StompServer;

beforeEach(async () => {
  server = await serve();
});

afterEach(() => server.close());

function run(scenario: string, version: string): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    execFile(PYTHON, [SCRIPT, scenario, version, String(server.port)], { timeout: 25_000 }, (error, stdout, stderr) => {
      if (error) reject(new TypeError(`${scenario} failed: ${error.message}\n${stderr}\n${stdout}`));
      else resolve(JSON.parse(stdout) as Record<string, unknown>);
    });
  });
}

it.runIf(missing && isPeerRequired)('has python3-stomp, which is required here', () => {
  expect(missing).toBeUndefined();
});

describe.skipIf(missing).each(VERSIONS)('python3-stomp with STOMP %s', { timeout: 30_000 }, (version) => {
  it('passes a tour of rooms, answers, work, acknowledgements, transactions and receipts', async () => {
    const again =
      version === '1.0'
        ? {}
        : {
            again: [
              ['job 1', 'true'],
              ['job 2', 'true'],
            ],
          };
    expect(await run('tour', version)).toEqual({
      topic: [['hi', { a: null }], 'say', version === '1.0' ? null : 'a:b\\c\nd'],
      answer: [[42], '9'],
      jobs: ['job 1', 'job 2'],
      ...again,
      committed: ['commit 1', 'commit 2', 'after'],
      'after unsubscribe': '[2]',
    });
    expect(server.left).toEqual(['client namespace disconnect', 'client namespace disconnect']);
  });

  it('carries every byte', async () => {
    expect(await run('binary', version)).toEqual({ same: true, type: 'application/octet-stream' });
  });

  it('learns why middleware or closed permissions refuse it', async () => {
    const { failed, message, secret } = await run('refused', version);
    expect([failed, message, secret]).toEqual([
      true,
      'wrong passcode',
      expect.stringContaining('SUBSCRIBE to /topic/secret was refused'),
    ]);
  });
});

it.skipIf(missing).each(['1.1', '1.2'])(
  'python3-stomp with STOMP %s receives heart-beats, and its own are received',
  async (version) => {
    expect(await run('beats', version)).toEqual({ alive: true });
  },
);
