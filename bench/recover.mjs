/**
 * One measurement of a restart. All clients are connected when their server ends, and another server takes its place on
 * the same port. The clock runs from the first dial until the last client is back and has the missed messages.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from './channel.mjs';

/** The clients of a measurement that takes turns with another one, until its turn ends. */
const TURN_CLIENTS = 1_000;

/**
 * @param {import('./rows.mjs').Row} row
 * @param {string} target
 * @param {string[]} execArgv of the second server, which is measured
 * @param {Pick<import('./measure.mjs').Settings, 'serverChild' | 'pass'>} settings
 */
export async function recover(row, target, execArgv, { serverChild, pass }) {
  const folder = mkdtempSync(join(tmpdir(), 'naru-bench-'));
  const { end, ...loadOptions } = /** @type {{ end: string, clients: number }} */ (
    /** @type {unknown} */ (row.loadOptions)
  );
  const dialect = target.startsWith('naru') ? 'socket.io-log' : 'socket.io';
  const first = new Child(serverChild, { label: `server ${target}` });
  const loader = new Child('./loader-child.mjs', { label: 'loader' });
  /** @type {Child | undefined} */
  let second;
  try {
    const port = await first.call('start', target, row.app, { ...row.serverOptions, folder });
    await loader.call('open', row.load, {
      ...loadOptions,
      port,
      dialect,
      missed: dialect === 'socket.io' ? 0 : row.serverOptions?.missed,
    });
    await loader.call('run', 'connect');
    await loader.call('run', 'expectEnd');
    const endedAt = performance.now();
    if (end === 'kill') await first.kill();
    else await first.call('end');
    await loader.call('run', 'lost');
    const endMs = performance.now() - endedAt;
    second = new Child(serverChild, { label: `server ${target}`, execArgv });
    const startedAt = performance.now();
    await second.call('start', target, row.app, { ...row.serverOptions, folder, port });
    const startMs = performance.now() - startedAt;
    const [serverBefore, loaderBefore] = await Promise.all([second.call('snapshot'), loader.call('snapshot')]);
    const { clients } = loadOptions;
    const atOnce = pass === undefined ? clients : TURN_CLIENTS;
    let seconds = 0;
    for (let left = clients; left > 0; left -= atOnce) {
      if (left < clients) await pass?.(loader);
      seconds += await loader.call('run', 'recover', Math.min(left, atOnce));
    }
    const [serverAfter, loaderAfter] = await Promise.all([second.call('snapshot'), loader.call('snapshot')]);
    const { recovered, messages } = await loader.call('run', 'leave');
    const serverCpuSeconds = (serverAfter.cpuMs - serverBefore.cpuMs) / 1_000;
    return {
      seconds,
      serverCpuSeconds,
      serverCpu: serverCpuSeconds / seconds,
      loaderCpu: (loaderAfter.cpuMs - loaderBefore.cpuMs) / 1_000 / seconds,
      recovered,
      messages,
      endSeconds: endMs / 1_000,
      startSeconds: startMs / 1_000,
      rssMiB: serverAfter.rssBytes / 2 ** 20,
    };
  } finally {
    const children = [first, loader, ...(second ? [second] : [])];
    await Promise.all(children.map((child) => child.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
}
