/**
 * RabbitMQ's web-stomp plugin in Debian's package, as a separate broker in a temporary directory. Its CPU time is that
 * of all its processes. The child that started it does not count.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { statOf, usageOf } from './system-usage.mjs';

const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** Throws an error that names the missing package when RabbitMQ is not installed. */
export async function start() {
  if (!existsSync(PROGRAM)) {
    throw new Error('RabbitMQ is not installed here, so nothing is compared: sudo apt-get install -y rabbitmq-server');
  }
  const [port, distribution, epmd] = [await freePort(), await freePort(), await freePort()];
  const home = mkdtempSync(join(tmpdir(), 'naru-rabbitmq-'));
  writeFileSync(join(home, 'enabled_plugins'), '[rabbitmq_web_stomp].\n');
  writeFileSync(
    join(home, 'rabbitmq.conf'),
    [
      'listeners.tcp = none',
      'stomp.listeners.tcp = none',
      'web_stomp.tcp.ip = 127.0.0.1',
      `web_stomp.tcp.port = ${port}`,
      'web_stomp.ws_path = /stomp',
      'log.file.level = error',
      '',
    ].join('\n'),
  );
  const env = {
    ...process.env,
    HOME: home,
    ERL_EPMD_PORT: String(epmd),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `naru${process.pid}@localhost`,
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
  };
  // A separate session, so that all its processes can be found and ended.
  const broker = spawn(PROGRAM, [], { env, detached: true, stdio: 'ignore' });
  process.on('exit', () => {
    // The port mapper leaves the session, and is recognised by its home directory.
    for (const pid of [...membersOf(broker.pid ?? 0), ...inhabitantsOf(home)]) end(pid);
    rmSync(home, { recursive: true, force: true });
  });
  for (let waited = 0; !(await isReady(port)); waited += 250) {
    if (broker.exitCode !== null || waited > 60_000)
      throw new Error('RabbitMQ is installed, but did not start within a minute');
    await delay(250);
  }
  return { port, count: () => 0, usage: () => usageOf(membersOf(broker.pid ?? 0)) };
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** @param {number} port */
async function isReady(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/stomp`)).status > 0;
  } catch {
    // The broker is not up yet.
    return false;
  }
}

/** @param {number} pid */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process ended by itself.
  }
}

/** Returns the processes of a session. @param {number} session */
function membersOf(session) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && statOf(name)[3] === session)
    .map(Number);
}

/** Returns the processes that were started with this directory as their home. @param {string} home */
function inhabitantsOf(home) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(`HOME=${home}\0`))
    .map(Number);
}

/** @param {string} pid */
function environmentOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    // The process is gone, or belongs to another user.
    return '';
  }
}
