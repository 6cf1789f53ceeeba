// Installs the parts of the tests that npm does not: a browser, brokers, curl, ffmpeg, nc, socat, and the Python
// clients of Socket.IO and of STOMP.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const quietly = (file, args) => spawnSync(file, args, { stdio: 'ignore' }).status === 0;

/** Each part: a check whether it is installed, and its Debian packages. */
const parts = [
  {
    name: 'Chromium',
    isHere: () => existsSync('/usr/bin/chromium'),
    // The tests of the applications use the shell if it is there.
    packages: ['chromium', 'chromium-headless-shell'],
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
    // OpenBSD's nc: others lack `-N`.
    name: 'nc',
    isHere: () => existsSync('/usr/bin/nc'),
    packages: ['netcat-openbsd'],
  },
  {
    name: 'ffmpeg',
    isHere: () => existsSync('/usr/bin/ffmpeg'),
    packages: ['ffmpeg'],
  },
  {
    name: 'redis-server',
    isHere: () => existsSync('/usr/bin/redis-server'),
    packages: ['redis-server'],
  },
  {
    name: 'socat',
    isHere: () => existsSync('/usr/bin/socat'),
    packages: ['socat'],
  },
];

/**
 * Returns the command that may install packages, as words: for root, or for a user with sudo and without a password.
 * The result is undefined if packages cannot be installed.
 */
function findInstaller() {
  if (process.platform !== 'linux' || !quietly('/usr/bin/apt-get', ['--version'])) return undefined;
  if (process.getuid() === 0) return ['/usr/bin/apt-get'];
  if (quietly('sudo', ['-n', 'true'])) return ['sudo', '-n', '/usr/bin/apt-get'];
  return undefined;
}

/** Runs one apt-get command without questions. */
function apt([file, ...prefix], args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(file, [...prefix, ...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/** The tools and rights of this machine. Tests replace them. */
const machine = { parts, findInstaller, apt };

/**
 * Installs the missing parts if it may. Returns the names of the parts that are still missing, and the command that
 * installs them.
 */
export function prepareDebian({ parts, findInstaller, apt } = machine) {
  const missing = parts.filter((part) => !part.isHere());
  if (missing.length === 0) return { missing: [], command: '' };
  const installer = findInstaller();
  if (installer !== undefined) {
    const packages = missing.flatMap((part) => part.packages);
    console.log(`naru: installing ${packages.join(' ')} with apt-get`);
    const words = ['install', '-y', '--no-install-recommends', ...packages];
    // The package lists may be absent or old. Updating them is slow, so it happens only after a failed first attempt.
    if (!apt(installer, words) && apt(installer, ['update'])) apt(installer, words);
  }
  const still = missing.filter((part) => !part.isHere());
  if (still.length === 0) return { missing: [], command: '' };
  const packages = still.flatMap((part) => part.packages).join(' ');
  const command = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`;
  return { missing: still.map((part) => part.name), command };
}
