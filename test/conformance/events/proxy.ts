/**
 * Puts nginx in front of a server, in the configuration of its package: it buffers responses, and speaks HTTP/1.0 to
 * the server.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { fixedPort } from '../../kit/ports.mjs';
import { NGINX, start } from './programs.js';

/** Puts nginx in front of a server, and returns the URL of nginx. */
export async function proxy(target: number, location = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'temp'));
  const port = await fixedPort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp;`);
  const config = `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 100; }
    http {
      access_log off; ${temp.join(' ')}
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${target}; ${location} } }
    }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  start(NGINX, ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log'), '-p', folder]);
  const url = `http://127.0.0.1:${port}`;
  await expect
    .poll(
      () =>
        fetch(`${url}/`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 10_000 },
    )
    .toBe(404);
  return url;
}
