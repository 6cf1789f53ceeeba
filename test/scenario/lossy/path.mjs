// Three network namespaces in a row (clients, a router and the server), and a kernel that loses packets between them.
// Needs root, ip and iptables.
import { execFile, execFileSync, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The beginning of every name, by which the remains of killed runs are recognised. */
const PREFIX = 'naru-lossy-';

export const SERVER = '10.77.1.2';
/** The two addresses of the client: its first one, and the one that it changes to. */
export const CLIENTS = ['10.77.2.2', '10.77.2.3'];

let pathCount = 0;

/** The start time of a program, in ticks since boot. Together with its pid, it identifies the program for good. */
function birthOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
  } catch {
    return undefined;
  }
}

/** Returns why the path cannot be built here, or `undefined`. */
export function whyNoPath() {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid() !== 0) return 'it takes root to make network namespaces (sudo npm test)';
  const name = nameOf('try');
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    try {
      const input = '*filter\n-A FORWARD -m statistic --mode random --probability 0.5 -j DROP\nCOMMIT\n';
      execFileSync('ip', ['-n', name, 'link', 'add', 'one', 'type', 'veth', 'peer', 'name', 'two'], { stdio: 'pipe' });
      execFileSync('ip', ['netns', 'exec', name, 'iptables-restore'], { stdio: 'pipe', input });
    } finally {
      execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    }
    return undefined;
  } catch (error) {
    return `no namespace whose packets are lost can be made here (apt-get install iproute2 iptables): ${error.message.trim()}`;
  }
}

function nameOf(role) {
  return `${PREFIX}${process.pid}-${birthOf(process.pid)}-${pathCount}-${role}`;
}

/** Creates a folder for this run. */
export function openFolder() {
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-${birthOf(process.pid)}-`));
}

/**
 * Removes network namespaces and folders of killed runs. A program that still runs in one ends by itself once its
 * parent is gone.
 */
export function removeLeftovers() {
  const isLeft = (name) => {
    const [pid, birth] = name.slice(PREFIX.length).split('-');
    return name.startsWith(PREFIX) && birthOf(pid) !== birth;
  };
  for (const name of readdirSync(tmpdir()).filter(isLeft))
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  const listed = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const line of listed.split('\n')) {
    const [name = ''] = line.split(' ');
    if (isLeft(name)) removeNamespace(name);
  }
}

function removeNamespace(name) {
  try {
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
  } catch {
    // It is gone already.
  }
}

/** A path between clients and a server. The directions are `up`, to the server, and `down`. */
export class LossyPath {
  #names = {};
  #children = new Set();
  #lost = { up: 0, down: 0 };
  #nat = false;

  /** Builds a path. With `nat`, the server sees the router's address and random ports. */
  static async open({ nat = false } = {}) {
    removeLeftovers();
    const path = new LossyPath();
    process.once('exit', path.#onExit);
    pathCount += 1;
    path.#nat = nat;
    for (const role of ['client', 'router', 'server']) {
      path.#names[role] = nameOf(role);
      await run('ip', ['netns', 'add', path.#names[role]]);
      await path.ip(role, 'link set lo up');
    }
    await path.#join('client', 'north', CLIENTS[0], 'router', 'south', '10.77.2.1');
    await path.#join('server', 'south', SERVER, 'router', 'north', '10.77.1.1');
    await path.exec('router', 'sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
    await path.change({});
    return path;
  }

  /**
   * Changes the loss from now on. `up` and `down` are shares from 0 to 1. `only` is `udp` or `tcp`, and spares the
   * other protocol. `reset` answers every TCP segment with a reset.
   */
  async change({ up = 0, down = 0, only, reset = false }) {
    // New rules count from zero.
    this.#lost = await this.lost();
    const rules = [];
    for (const [device, part] of Object.entries({ north: up, south: down })) {
      if (part === 0) continue;
      const chance = part === 1 ? '' : `-m statistic --mode random --probability ${part}`;
      rules.push(`-A FORWARD -o ${device} ${only ? `-p ${only}` : ''} ${chance} -j DROP`);
    }
    if (reset) rules.push('-A FORWARD -p tcp -j REJECT --reject-with tcp-reset');
    const nat = this.#nat
      ? ['*nat', ':POSTROUTING ACCEPT', '-A POSTROUTING -o north -j MASQUERADE --random-fully', 'COMMIT']
      : [];
    await this.exec(
      'router',
      'iptables-restore',
      [],
      ['*filter', ':FORWARD ACCEPT', ...rules, 'COMMIT', ...nat, ''].join('\n'),
    );
  }

  /** Makes the router accept packets of at most `bytes` bytes, and tell the sender of a larger one. */
  async narrow(bytes) {
    await this.ip('router', `route replace 10.77.1.0/24 dev north src 10.77.1.1 mtu lock ${bytes}`);
    await this.ip('router', `route replace 10.77.2.0/24 dev south src 10.77.2.1 mtu lock ${bytes}`);
  }

  /** Makes the router forget all connections: the next packet of a client comes from another port. */
  async forget() {
    await this.ip('router', 'link set north down');
    await this.ip('router', 'link set north up');
  }

  /** Takes the network away from the client. */
  async unplug() {
    await this.ip('client', 'link set north down');
  }

  async plug() {
    await this.ip('client', 'link set north up');
    await this.ip('client', 'route replace default via 10.77.2.1');
  }

  /** Gives the client another address. Connections from the previous one are dead. */
  async readdress(from, to) {
    await this.ip('client', `address add ${CLIENTS[to]}/24 dev north`);
    await this.ip('client', `address delete ${CLIENTS[from]}/24 dev north`);
    await this.ip('client', `address add ${CLIENTS[to]}/24 dev north`).catch(() => undefined);
    await this.ip('client', 'route replace default via 10.77.2.1');
  }

  /** Returns the number of dropped packets in each direction. */
  async lost() {
    const lost = { ...this.#lost };
    const { stdout } = await this.exec('router', 'iptables', ['-nvxL', 'FORWARD']);
    for (const line of stdout.split('\n')) {
      const [packets, , target, , , , out] = line.trim().split(/\s+/);
      if (target === 'DROP') lost[out === 'north' ? 'up' : 'down'] += Number(packets);
    }
    return lost;
  }

  /** Starts a Node program on one side, with IPC. */
  fork(role, file, setup) {
    const child = fork(file, [JSON.stringify(setup)], {
      execPath: 'ip',
      execArgv: ['netns', 'exec', this.#names[role], process.execPath],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  async ip(role, words) {
    return run('ip', ['-n', this.#names[role], ...words.split(' ')]);
  }

  exec(role, program, args, input) {
    const running = run('ip', ['netns', 'exec', this.#names[role], program, ...args]);
    if (input !== undefined) running.child.stdin.end(input);
    return running;
  }

  /** Ends the programs on the path, and removes the namespaces. */
  close() {
    process.removeListener('exit', this.#onExit);
    for (const child of this.#children) child.kill('SIGKILL');
    for (const name of Object.values(this.#names)) removeNamespace(name);
    this.#names = {};
  }

  #onExit = () => this.close();

  async #join(one, oneDevice, oneAddress, router, routerDevice, routerAddress) {
    const { [one]: name, [router]: other } = this.#names;
    await run('ip', [
      'link',
      'add',
      oneDevice,
      'netns',
      name,
      'type',
      'veth',
      'peer',
      'name',
      routerDevice,
      'netns',
      other,
    ]);
    await this.ip(one, `address add ${oneAddress}/24 dev ${oneDevice}`);
    await this.ip(router, `address add ${routerAddress}/24 dev ${routerDevice}`);
    await this.ip(one, `link set ${oneDevice} up`);
    await this.ip(router, `link set ${routerDevice} up`);
    await this.ip(one, `route add default via ${routerAddress}`);
  }
}
