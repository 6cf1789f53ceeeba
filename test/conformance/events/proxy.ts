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

/**
 * Writes nginx.conf into a folder, in which nginx keeps all of its files. `http` is the content of its block `http`.
 * Returns the arguments of nginx. It stays in the foreground, as one process unless it has to reload.
 */
export function configureNginx(folder: string, http: string, reloads = false): string[] {
  const [file, errors] = [join(folder, 'nginx.conf'), join(folder, 'error.log')];
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/temp;`);
  const own = `daemon off; ${reloads ? '' : 'master_process off;'} pid ${folder}/pid; error_log ${errors}; events {}`;
  writeFileSync(file, `${own} http { access_log off; ${temp.join(' ')} ${http} }`);
  return ['-c', file, '-e', errors, '-p', folder];
}

/** Puts nginx in front of a server, and returns the URL of nginx. */
export async function proxy(target: number, location = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'naru-nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'temp'));
  const port = await fixedPort();
  const to = `location / { proxy_pass http://127.0.0.1:${target}; ${location} }`;
  start(NGINX, configureNginx(folder, `server { listen 127.0.0.1:${port}; ${to} }`));
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
