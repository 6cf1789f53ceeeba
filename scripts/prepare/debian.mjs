// Sees to the parts of the tests that npm does not bring: a browser, curl, nc, socat, and the Python clients of Socket.IO and of STOMP.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const quietly = (file, args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0;

/** Each part: how to see that it is here, and the Debian packages that bring it. */
const parts = [
  {
    name: 'Chromium',
    isHere: () => existsSync('/usr/bin/chromium'),
    packages: ['chromium'],
  },
  {
    name: 'python3-socketio',
    isHere: () => quietly('/usr/bin/python3', ['-c', 'import socketio, engineio, aiohttp, requests, websocket']),
    packages: ['python3-socketio', 'python3-aiohttp', 'python3-requests', 'python3-websocket'],
  },
  {
    name: 'python3-stomp',
    isHere: () => quietly('/usr/bin/python3', ['-c', 'import stomp']),
    packages: ['python3-stomp'],
  },
  {
    name: 'curl',
    isHere: () => existsSync('/usr/bin/curl'),
    packages: ['curl'],
  },
  {
    // The one of OpenBSD: others have no `-N`.
    name: 'nc',
    isHere: () => existsSync('/usr/bin/nc'),
    packages: ['netcat-openbsd'],
  },
  {
    name: 'socat',
    isHere: () => existsSync('/usr/bin/socat'),
    packages: ['socat'],
  },
];

/** The command that may install packages here, as words: for root, or for who needs no password; undefined if there is none. */
function findInstaller() {
  if (process.platform !== 'linux' || !quietly('/usr/bin/apt-get', ['--version'])) return undefined;
  if (process.getuid() === 0) return ['/usr/bin/apt-get'];
  if (quietly('sudo', ['-n', 'true'])) return ['sudo', '-n', '/usr/bin/apt-get'];
  return undefined;
}

/** Runs one command of apt-get, without a question ever being asked. */
function apt([file, ...prefix], args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(file, [...prefix, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/** What this machine has, and what may be done about the rest. Tests put something else in its place. */
const machine = { parts, findInstaller, apt };

/**
 * Installs the parts that are missing, where that is allowed. Returns the ones that are still missing:
 * their names, and the command that brings them.
 */
export function prepareDebian({ parts, findInstaller, apt } = machine) {
  const missing = parts.filter((part) => !part.isHere());
  if (missing.length === 0) return { missing: [], command: '' };
  const installer = findInstaller();
  if (installer !== undefined) {
    const packages = missing.flatMap((part) => part.packages);
    console.log(`naru: installing ${packages.join(' ')} with apt-get`);
    const words = ['install', '-y', '--no-install-recommends', ...packages];
    // The lists may be absent or old: they are fetched only when the first try fails, because that is slow.
    if (!apt(installer, words) && apt(installer, ['update'])) apt(installer, words);
  }
  const still = missing.filter((part) => !part.isHere());
  if (still.length === 0) return { missing: [], command: '' };
  const packages = still.flatMap((part) => part.packages).join(' ');
  const command = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`;
  return { missing: still.map((part) => part.name), command };
}
