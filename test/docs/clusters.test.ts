/** The configurations of docs/clusters.md are read by the programs that they are for. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith, PYTHON, start } from '../conformance/events/programs.js';
import { makeFolder } from '../kit/folders.js';
import { fixedPort } from '../kit/ports.mjs';
import { readText } from '../tidy/source.js';

const REDIS = '/usr/bin/redis-server';
const REDIS_CLI = '/usr/bin/redis-cli';
const NATS = '/usr/sbin/nats-server';
const SYSTEMD = '/usr/bin/systemd-analyze';

/** The blocks that begin with the name of a file. */
const files = new Map(
  [...readText('docs/clusters.md').matchAll(/^```\w+\n(?:#|\/\/) ([\w.@-]+)\n([\s\S]*?)^```$/gm)].map(
    ([, name = '', text = '']) => [name, text] as const,
  ),
);

/** Writes a file of the page into a folder of its own, and returns its path. */
function write(name: string, change: (text: string) => string = (text) => text): string {
  const text = files.get(name);
  if (text === undefined) expect.fail(`docs/clusters.md has no ${name}`);
  const path = join(makeFolder({}), name);
  writeFileSync(path, change(text));
  return path;
}

describeWith(REDIS, 'redis.conf', () => {
  it('starts a Redis that keeps what it was given', async () => {
    const port = String(await fixedPort());
    const conf = write('redis.conf');
    start(REDIS, [conf, '--port', port, '--bind', '127.0.0.1', '--dir', makeFolder({})]);
    const ask = (...args: string[]): string => {
      try {
        return execFileSync(REDIS_CLI, ['-p', port, ...args], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
      } catch {
        return '';
      }
    };
    await expect.poll(() => ask('ping')).toBe('PONG\n');
    expect(ask('config', 'get', 'maxmemory-policy')).toContain('noeviction');
    expect(ask('config', 'get', 'appendonly')).toContain('yes');
    const [, user = ''] = /^(user naru .*)$/m.exec(readText('docs/clusters.md')) ?? [];
    expect(ask('acl', 'setuser', ...user.split(' ').slice(1))).toBe('OK\n');
  });
});

describeWith(NATS, 'nats.conf', () => {
  it('is a configuration of nats-server', () => {
    const folder = makeFolder({});
    const conf = write('nats.conf', (text) => text.replace('/var/lib/nats', folder));
    expect(execFileSync(NATS, ['-c', conf, '-t'], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});

describeWith(SYSTEMD, 'chat@.service', () => {
  it('is a unit that systemd takes', () => {
    const unit = write('chat@.service', (text) => text.replace('/usr/bin/node', process.execPath));
    expect(execFileSync(SYSTEMD, ['verify', unit], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });
});

const READS_YAML = `import json, sys
try:
  import yaml
except ImportError:
  sys.exit(77)
print(json.dumps(yaml.safe_load(sys.stdin)))`;

interface Compose {
  readonly services: Record<string, { image: string; volumes?: string[]; depends_on?: string[] }>;
  readonly volumes: Record<string, unknown>;
}

describe('the compose files', () => {
  it.skipIf(!existsSync(PYTHON)).each(['compose.yaml', 'nats.yaml'])(
    '%s names services and volumes that it has',
    (name) => {
      let read = '';
      try {
        read = execFileSync(PYTHON, ['-c', READS_YAML], { input: files.get(name) ?? '', encoding: 'utf8' });
      } catch (error) {
        // Python's module yaml is a package of its own.
        if ((error as { status?: number }).status === 77) return;
        throw error;
      }
      const { services, volumes } = JSON.parse(read) as Compose;
      expect(Object.keys(services).length).toBeGreaterThan(0);
      for (const { image, volumes: mounts = [], depends_on: needs = [] } of Object.values(services)) {
        expect(image).toMatch(/^\w+:[\w.-]+$/);
        // A list, or a map from names to conditions.
        for (const need of Array.isArray(needs) ? needs : Object.keys(needs))
          expect(Object.keys(services)).toContain(need);
        for (const [source = ''] of mounts.map((mount) => mount.split(':')))
          if (!source.startsWith('.')) expect(Object.keys(volumes)).toContain(source);
      }
    },
  );
});
